"""Starts the real GnuCash on a display with a fresh book, and does what the clerk would do in front of it.

For tests, benches and the demo. GnuCash gets a home and settings of its own, so that a person's own GnuCash
is never touched. Must not be imported by the product.
"""

from __future__ import annotations

import datetime
import json
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tools.gnucash.access import Access, AccessError, Thing, wait_for

MAKER = Path(__file__).with_name("make_book.py")
CLEARING = "Assets:Card Clearing"
RECEIVABLE = "Assets:Accounts Receivable"

# No tip of the day, no first-run assistant, no reminder, no save behind our back: nothing but the book.
_SETTINGS = """[org/gnucash/GnuCash]
prefs-version=4000
[org/gnucash/GnuCash/general]
autosave-interval-minutes=0
autosave-show-explanation=false
show-splash-screen=false
[org/gnucash/GnuCash/dialogs/tip-of-the-day]
show-at-startup=false
[org/gnucash/GnuCash/dialogs/new-user]
first-startup=false
[org/gnucash/GnuCash/dialogs/business/invoice]
notify-when-due=false
auto-pay=false
[org/gnucash/GnuCash/dialogs/business/bill]
notify-when-due=false
auto-pay=false
"""


class LaunchError(RuntimeError):
    """GnuCash or its book could not be had. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Invoice:
    """One posted, unpaid invoice of the fresh book. `cents` is its total."""

    number: str
    account_id: str
    client: str
    cents: int


class GnuCash:
    """A running GnuCash with its book. Use as a context manager, or call `close`."""

    def __init__(
        self, env: Mapping[str, str], directory: Path, book: Path, invoices: tuple[Invoice, ...]
    ) -> None:
        self.env = env
        self.directory = directory
        self.book = book
        self.invoices = invoices
        self.process = self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it at once, without saving. May be called twice."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(timeout=30)

    def restart(self) -> None:
        """Kill it as a power cut would and open the book again: what was not saved is gone."""
        self.close()
        self.book.with_name(self.book.name + ".LCK").unlink(missing_ok=True)
        self.process = self._start()

    def titles(self) -> tuple[str, ...]:
        """Titles of all its windows, as a person reads them."""
        with Access(self.env) as access:
            return tuple(access.windows(self._program(access)))

    def open_invoice(self, number: str) -> None:
        """Bring an invoice on the screen, the way a clerk does: Find Invoice, then View."""
        with Access(self.env) as access:
            program = self._program(access)
            frame = self._frame(access, program)
            self._close_all(access, program, "Find Invoice")  # one may be left by a run that was killed
            access.act(access.menu(frame, "Business", "Customer", "Find Invoice..."))
            search = wait_for("Find Invoice", lambda: access.windows(program).get("Find Invoice"))
            access.set_text(access.find(search, "text"), number)
            access.act(access.find(search, "push button", "Find"))
            table = wait_for("the found invoice", lambda: access.find(search, "table"))
            if access.column(table, 0) != [number]:
                raise LaunchError(f"invoice {number} was not found alone: {access.column(table, 0)}")
            access.act(access.find(search, "push button", "View/Edit Invoice"))
            self._wait_title(access, program, f"View Invoice - {number} - GnuCash")
            self._close_all(access, program, "Find Invoice")

    def show_accounts(self) -> None:
        """Bring the accounts tab to the front: no invoice is open on the screen then."""
        with Access(self.env) as access:
            program = self._program(access)
            access.select(access.find(self._frame(access, program), "page tab list"), 0)
            self._wait_title(access, program, "Accounts - GnuCash")

    def save(self) -> None:
        """File, Save; returns when the title has lost its star."""
        with Access(self.env) as access:
            program = self._program(access)
            item = access.menu(self._frame(access, program), "File", "Save")
            if access.name(self._frame(access, program)).startswith("*"):
                self.await_free_second()
                access.act(item)
            wait_for("the save", lambda: not access.name(self._frame(access, program)).startswith("*"))
        self.await_free_second()

    def await_free_second(self) -> None:
        """Let the second of the last save pass: a save by somebody else in it would hang the program."""
        wait_for("a second without a save", lambda: not self._backup_of(time.time()).exists())

    def _backup_of(self, second: float) -> Path:
        """GnuCash names its backup by the second, and cannot save twice in one."""
        return self.book.with_name(
            f"{self.book.name}.{time.strftime('%Y%m%d%H%M%S', time.localtime(second))}.gnucash"
        )

    # ---- parts -----------------------------------------------------------------------------------

    def _start(self) -> subprocess.Popen[bytes]:
        program = shutil.which("gnucash")
        if program is None:
            raise LaunchError("gnucash is not installed: apt-get install gnucash python3-gnucash")
        with (self.directory / "gnucash.log").open("ab") as log:
            process = subprocess.Popen(
                [program, str(self.book)],
                env=dict(self.env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_ready(process)
        except BaseException:
            process.kill()
            process.wait(timeout=30)
            raise
        return process

    def _wait_ready(self, process: subprocess.Popen[bytes]) -> None:
        with Access(self.env) as access:

            def ready() -> bool:
                if process.poll() is not None:
                    raise LaunchError(
                        f"gnucash ended with {process.returncode}: see {self.directory}/gnucash.log"
                    )
                program = access.program(process.pid)
                return program is not None and "page tab" in {
                    access.role(tab)
                    for tab in access.children(access.find(self._frame(access, program), "page tab list"))
                }

            wait_for("GnuCash's accounts", ready, 60)

    def _program(self, access: Access) -> Thing:
        program = access.program(self.process.pid)
        if program is None:
            raise AccessError("GnuCash is not on the accessibility bus")
        return program

    def _frame(self, access: Access, program: Thing) -> Thing:
        for title, window in access.windows(program).items():
            if title.endswith(" - GnuCash"):
                return window
        raise AccessError("GnuCash shows no main window")

    def _close_all(self, access: Access, program: Thing, title: str) -> None:
        """Press Close in every window of that title."""

        def gone() -> bool:
            left = [window for window in access.children(program) if access.name(window) == title]
            for window in left:
                access.act(access.find(window, "push button", "Close"))
            return not left

        wait_for(f"the end of {title}", gone)

    def _wait_title(self, access: Access, program: Thing, ending: str) -> None:
        wait_for(ending, lambda: access.name(self._frame(access, program)).endswith(ending))


def make_book(
    directory: Path, seed: int, customers: int = 40, day: datetime.date = datetime.date(2026, 11, 20)
) -> tuple[Path, tuple[Invoice, ...]]:
    """A fresh book `clinic.gnucash` in `directory`. Raises LaunchError with what the maker said."""
    book = directory / "clinic.gnucash"
    command = ["/usr/bin/python3", "-W", "ignore", str(MAKER), str(book), "--seed", str(seed)]
    command += ["--customers", str(customers), "--day", day.isoformat()]
    made = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if made.returncode != 0:
        raise LaunchError(f"no book could be made (python3-gnucash installed?): {made.stderr.strip()[-400:]}")
    told = json.loads(made.stdout.strip().splitlines()[-1])
    return book, tuple(Invoice(**row) for row in told["invoices"])


def start(env: Mapping[str, str], directory: Path, seed: int, customers: int = 40) -> GnuCash:
    """Make a book in `directory` and start GnuCash with it on the display of `env`; returns when it is ready.

    `env` needs DISPLAY and DBUS_SESSION_BUS_ADDRESS. Raises LaunchError or AccessError.
    """
    directory.mkdir(parents=True, exist_ok=True)
    book, invoices = make_book(directory, seed, customers)
    return GnuCash(_own_settings(env, directory), directory, book, invoices)


def _own_settings(env: Mapping[str, str], directory: Path) -> dict[str, str]:
    """The same display and buses, but a home of its own inside `directory`."""
    folders = {name: directory / "home" / name.lower() for name in ("config", "data", "cache", "state")}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    settings = folders["config"] / "glib-2.0" / "settings"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "keyfile").write_text(_SETTINGS, encoding="utf-8")
    own = {
        "HOME": str(directory / "home"),
        "GSETTINGS_BACKEND": "keyfile",
        "GTK_MODULES": "gail:atk-bridge",
        "LANG": "C.UTF-8",
        "LANGUAGE": "",
    }
    own |= {f"XDG_{name.upper()}_HOME": str(folder) for name, folder in folders.items()}
    dropped = ("NO_AT_BRIDGE", "LC_ALL", "LC_MONETARY", "LC_NUMERIC", "LC_TIME", "PYTHONPATH", "VIRTUAL_ENV")
    return {name: value for name, value in env.items() if name not in dropped} | own
