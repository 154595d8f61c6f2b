"""A complete private desktop on a machine without one: display, session bus and accessibility bus.

For tests, benches and the demo. Several may run at once; none touches the user's own session. Must not be
imported by the product: a real agent uses the desktop that its user is signed in to.
"""

from __future__ import annotations

import os
import secrets
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import weakref
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from jeepney import MatchRule, message_bus
from jeepney.io.blocking import DBusConnection, Proxy, prep_socket
from Xlib import X
from Xlib.display import Display

_A11Y_LAUNCHERS = ("/usr/libexec/at-spi-bus-launcher", "/usr/lib/at-spi2-core/at-spi-bus-launcher")
_MARK = "TILLBRIDGE_DESKTOP"
_START_LIMIT_S = 30.0

# No service directory at all: nothing of the machine's own session is ever activated on this bus.
_BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={path}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>
"""


class DesktopError(RuntimeError):
    """The desktop could not be started. The message names what is missing and how to install it."""


class Desktop:
    """One running desktop. Use as a context manager, or call `close`."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self.display = ""
        self.folder = Path(tempfile.mkdtemp(prefix="tb-", dir="/tmp"))
        self._mark = secrets.token_hex(16)
        self.env: dict[str, str] = {}
        self._children: list[subprocess.Popen[bytes]] = []
        self._undo = weakref.finalize(self, _tear_down, self._children, self._mark, self.folder)

    @classmethod
    def start(cls, size: tuple[int, int] = (1280, 900), window_manager: bool = False) -> Desktop:
        """Start everything and wait until a program could be started on it.

        `size` is in pixels. Raises DesktopError; nothing is left running then.
        """
        desktop = cls(size)
        try:
            desktop._prepare_folders()
            desktop._start_display()
            desktop._start_session_bus()
            desktop._start_accessibility()
            if window_manager:
                desktop._start_window_manager()
        except BaseException:
            desktop.close()
            raise
        return desktop

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Kill everything that was started on this desktop and remove its folders. May be called twice."""
        self._undo()

    def spawn(
        self, command: Sequence[str | Path], env: Mapping[str, str] | None = None, log: Path | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a program on this desktop; it ends with it. Output goes to `log`, else to `folder/log`."""
        target = log or self.folder / "log" / f"{Path(command[0]).name}.log"
        with target.open("ab") as out:
            child = subprocess.Popen(
                [str(part) for part in command],
                env={**self.env, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._children.append(child)
        return child

    def screenshot(self, path: Path) -> Path:
        """Write the whole display as PNG and return the path."""
        display = self.open_display()
        try:
            width, height = self.size
            image = display.screen().root.get_image(0, 0, width, height, X.ZPixmap, 0xFFFFFFFF)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_png(width, height, bytes(image.data)))
        finally:
            display.close()
        return path

    def open_display(self) -> Display:
        """A connection of the caller's own to this desktop's display. The caller closes it."""
        return _open_display(self.display, self.env["XAUTHORITY"])

    def end_display(self) -> None:
        """End the X server as a log-out does; everything on it loses its windows."""
        display = self._children[0]
        display.kill()
        display.wait()

    # ---- parts, in the order in which they start -------------------------------------------------

    def _prepare_folders(self) -> None:
        for name in ("home", "config", "cache", "data", "state", "run", "log"):
            (self.folder / name).mkdir(mode=0o700)
        authority = self.folder / "home" / ".Xauthority"
        authority.write_bytes(_cookie_entry())
        authority.chmod(0o600)
        keep = ("PATH", "TZ", "PYTHONPATH", "VIRTUAL_ENV", "TMPDIR", "USER", "LOGNAME")
        self.env = {name: os.environ[name] for name in keep if name in os.environ}
        self.env["LANG"] = "C.UTF-8"
        self.env |= {
            _MARK: self._mark,
            "HOME": str(self.folder / "home"),
            "XAUTHORITY": str(authority),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "XDG_DATA_HOME": str(self.folder / "data"),
            "XDG_STATE_HOME": str(self.folder / "state"),
            "XDG_RUNTIME_DIR": str(self.folder / "run"),
            "XDG_SESSION_TYPE": "x11",
            "GSETTINGS_BACKEND": "memory",
            "GIO_USE_VFS": "local",
            "GTK_MODULES": "gail:atk-bridge",
            "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
            "QT_QPA_PLATFORM": "xcb",
            "PYTHONUNBUFFERED": "1",
        }

    def _start_display(self) -> None:
        xvfb = _need("Xvfb", "xvfb")
        reader, writer = os.pipe()
        try:
            width, height = self.size
            command = [xvfb, "-displayfd", str(writer), "-screen", "0", f"{width}x{height}x24"]
            log = self.folder / "log" / "Xvfb.log"
            with log.open("ab") as out:
                child = subprocess.Popen(
                    [*command, "-noreset", "-nolisten", "tcp", "-auth", self.env["XAUTHORITY"]],
                    env=self.env,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    pass_fds=(writer,),
                    start_new_session=True,
                )
            self._children.append(child)
            os.close(writer)
            writer = -1
            # The number and its newline come in two writes; closing the pipe between them kills Xvfb.
            self.display = f":{int(_read_line(reader, _START_LIMIT_S, 'Xvfb', log))}"
        finally:
            os.close(reader)
            if writer >= 0:
                os.close(writer)
        self.env["DISPLAY"] = self.display

    def _start_session_bus(self) -> None:
        daemon = _need("dbus-daemon", "dbus-daemon")
        address = self.folder / "run" / "bus"
        config = self.folder / "session.conf"
        config.write_text(_BUS_CONFIG.format(path=address), encoding="utf-8")
        self.env["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={address}"
        # DISPLAY is already in its environment: whatever it starts finds the display.
        child = self.spawn([daemon, f"--config-file={config}", "--nofork", "--nopidfile"])
        _wait_until(lambda: _connectable(address), "the session bus", child, self.folder / "log")

    def _start_accessibility(self) -> None:
        launcher = next((path for path in _A11Y_LAUNCHERS if Path(path).exists()), None)
        if launcher is None:
            raise DesktopError("at-spi-bus-launcher is not installed: apt-get install at-spi2-core")
        with DBusConnection(prep_socket(str(self.folder / "run" / "bus"))) as bus:
            proxy = Proxy(message_bus, bus, timeout=_START_LIMIT_S)
            owner = MatchRule(type="signal", member="NameOwnerChanged")
            owner.add_arg_condition(0, "org.a11y.Bus")
            with bus.filter(owner) as changes:
                proxy.AddMatch(owner)
                self.spawn([launcher, "--launch-immediately"])
                if not proxy.NameHasOwner("org.a11y.Bus")[0]:
                    try:
                        bus.recv_until_filtered(changes, timeout=_START_LIMIT_S)
                    except TimeoutError as cause:
                        raise DesktopError("the accessibility bus did not start: see at-spi2-core") from cause

    def _start_window_manager(self) -> None:
        openbox = _need("openbox", "openbox")
        child = self.spawn([openbox, "--sm-disable"])
        display = self.open_display()
        try:
            check = display.intern_atom("_NET_SUPPORTING_WM_CHECK")
            root = display.screen().root
            _wait_until(
                lambda: root.get_full_property(check, X.AnyPropertyType) is not None,
                "openbox",
                child,
                self.folder / "log",
            )
        finally:
            display.close()


def _need(program: str, package: str) -> str:
    path = shutil.which(program)
    if path is None:
        raise DesktopError(f"{program} is not installed: apt-get install {package}")
    return path


def _tail(log: Path) -> str:
    paths = sorted(log.glob("*.log")) if log.is_dir() else [log]
    texts = [path.read_text(encoding="utf-8", errors="replace")[-600:].strip() for path in paths]
    return " | ".join(text for text in texts if text)


def _read_line(reader: int, limit_s: float, what: str, log: Path) -> str:
    """Read from a pipe up to the newline, or raise DesktopError."""
    deadline = time.monotonic() + limit_s
    text = b""
    while not text.endswith(b"\n"):
        ready, _, _ = select.select([reader], [], [], max(0.0, deadline - time.monotonic()))
        part = os.read(reader, 64) if ready else b""
        if not part:
            raise DesktopError(f"{what} did not start: {_tail(log)}")
        text += part
    return text.decode("ascii").strip()


def _connectable(path: Path) -> bool:
    try:
        prep_socket(str(path)).close()
    except (OSError, TimeoutError):
        return False
    return True


def _wait_until(ready: Callable[[], bool], what: str, child: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_LIMIT_S
    while not ready():
        if child.poll() is not None or time.monotonic() > deadline:
            raise DesktopError(f"{what} did not start: {_tail(log)}")
        time.sleep(0.01)


def _cookie_entry() -> bytes:
    """An X authority entry for this host and any display number: strangers cannot look at this desktop."""
    local = 256
    parts = (socket.gethostname().encode(), b"", b"MIT-MAGIC-COOKIE-1", secrets.token_bytes(16))
    return struct.pack(">H", local) + b"".join(struct.pack(">H", len(part)) + part for part in parts)


def _open_display(name: str, authority: str) -> Display:
    before = os.environ.get("XAUTHORITY")
    os.environ["XAUTHORITY"] = authority  # python-xlib reads it from the process and wants an existing file
    try:
        return Display(name)
    finally:
        if before is None:
            del os.environ["XAUTHORITY"]
        else:
            os.environ["XAUTHORITY"] = before


def _png(width: int, height: int, bgrx: bytes) -> bytes:
    """Encode 32-bit BGRX rows as a PNG with three colours."""
    rgb = bytearray(width * height * 3)
    rgb[0::3], rgb[1::3], rgb[2::3] = bgrx[2::4], bgrx[1::4], bgrx[0::4]
    stride = width * 3
    rows = b"".join(b"\0" + rgb[at : at + stride] for at in range(0, len(rgb), stride))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows, 6))
        + chunk(b"IEND", b"")
    )


def _ours(mark: str) -> list[int]:
    """Process ids that carry this desktop's mark: also grandchildren that a bus or a program started."""
    wanted = f"{_MARK}={mark}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:  # ended meanwhile, or another user's
                continue
    return found


def _tear_down(children: list[subprocess.Popen[bytes]], mark: str, folder: Path) -> None:
    """Kill by the mark until nothing that carries it is left, then remove the folder."""
    deadline = time.monotonic() + 10
    while (pids := _ours(mark)) and time.monotonic() < deadline:
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        for child in children:
            child.poll()
        time.sleep(0.005)
    for child in children:
        child.wait(timeout=10)
    shutil.rmtree(folder, ignore_errors=True)
