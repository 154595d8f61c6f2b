"""Small pictures of a run on the screen, for support: before, the filled window, after. Never in the way of a run.

What may be seen is a list, not an exception: a picture is black but for the controls that the pack names, that are not
private, and whose text does not look like a card number. Titles, lists, labels and whatever lies over the window stay
black. A picture is taken by a thread of its own, over connections of its own; one that fails leaves a line that says
why, and nothing else happens.
"""

from __future__ import annotations

import queue
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from tillbridge.screen import backend as b
from tillbridge.screen.watched import WatchedBackend

Moment = Literal["before", "filled", "after"]

KEPT = 240
KEPT_DAYS = 14
KEPT_BYTES = 30 * 1024 * 1024
"""Of all pictures together; the oldest go first."""
WAITING_MAX = 6
"""So many pictures may wait to be taken; what comes on top is left out."""
FILLING_EVERY_S = 0.1
FILLING_MAX = 40
"""While a window is filled, a picture is taken again and again, and the last one before it closed is kept."""


class Box(NamedTuple):
    """A rectangle inside a window, in pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Shot:
    """Parts of a window as they were drawn: the rest is never asked for. Each with its rows of blue, green, red,
    nothing. `over`: what lay over the window."""

    width: int
    height: int
    parts: tuple[tuple[Box, bytes], ...]
    over: tuple[Box, ...] = ()


class Camera(Protocol):
    """Sees windows and where their controls are. Owned by one thread; opened at its first use."""

    def boxes(self, window: b.Handle, nodes: Mapping[str, b.Node]) -> Mapping[str, Box]:
        """Where the shown controls are inside the window. Raises Gone, NotAnswering."""
        ...

    def texts(self, nodes: Mapping[str, b.Node]) -> Mapping[str, str]:
        """What they say. Raises Gone, NotAnswering."""
        ...

    def shoot(self, window: b.Handle, boxes: Sequence[Box]) -> Shot:
        """These boxes of the window; all lie inside it. Raises Gone where there is no such window to see."""
        ...

    def close(self) -> None: ...


def redacted(shot: Shot) -> bytes:
    """Red, green, blue of every pixel: black, but for the parts that were taken and that nothing lies over."""
    canvas = bytearray(shot.width * shot.height * 3)
    for box, pixels in shot.parts:
        _copy(shot.width, box, pixels, canvas)
    for box in shot.over:
        _blacken(shot, box, canvas)
    return bytes(canvas)


def _is_covered(shot: Shot) -> bool:
    return any(_meet(one, other) for one in shot.over for other, _pixels in shot.parts)


def _meet(one: Box, other: Box) -> bool:
    beside = one.left >= other.left + other.width or other.left >= one.left + one.width
    above = one.top >= other.top + other.height or other.top >= one.top + one.height
    return not (beside or above)


def _copy(width: int, box: Box, pixels: bytes, canvas: bytearray) -> None:
    for row in range(box.height):
        line = pixels[4 * box.width * row : 4 * box.width * (row + 1)]
        at = 3 * ((box.top + row) * width + box.left)
        end = at + 3 * box.width
        canvas[at:end:3], canvas[at + 1 : end : 3], canvas[at + 2 : end : 3] = (
            line[2::4],
            line[1::4],
            line[0::4],
        )


def _blacken(shot: Shot, box: Box, canvas: bytearray) -> None:
    left, right = max(0, box.left), min(shot.width, box.left + box.width)
    for row in range(max(0, box.top), min(shot.height, box.top + box.height) if right > left else 0):
        canvas[3 * (row * shot.width + left) : 3 * (row * shot.width + right)] = bytes(3 * (right - left))


def png(width: int, height: int, rgb: bytes) -> bytes:
    """The pixels as a PNG file."""
    rows = b"".join(b"\0" + rgb[3 * width * row : 3 * width * (row + 1)] for row in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    )


@dataclass(slots=True)
class _Wanted:
    """One picture to take. `until`: set when the window need not be watched any longer (`filled` alone)."""

    path: Path
    window: b.Handle
    nodes: Mapping[str, b.Node]
    until: threading.Event | None = None


@dataclass(slots=True)
class _Run:
    name: str
    windows: dict[b.Handle, dict[str, b.Node]] = field(default_factory=dict)
    first: b.Handle | None = None


class Album:
    """Keeps the pictures of runs. `open`: makes the camera, on the album's own thread. `shown`: names of controls that
    may be seen; `hides`: True for a text that must not be."""

    def __init__(
        self,
        folder: Path,
        *,
        open_camera: Callable[[], Camera],
        shown: frozenset[str],
        hides: Callable[[str], bool],
    ) -> None:
        self._folder, self._open, self._shown, self._hides = folder, open_camera, shown, hides
        self._camera: Camera | None = None
        self._waiting: queue.Queue[_Wanted | None] = queue.Queue(WAITING_MAX)
        self._run: _Run | None = None
        self._thread = threading.Thread(target=self._work, name="pictures", daemon=True)
        self._thread.start()

    # ---- told by the screen's thread; returns at once, raises nothing ----

    def begin(self, run: str) -> None:
        self._run = _Run(run)

    def met(self, window: b.Handle, nodes: Mapping[str, b.Node]) -> None:
        """Controls of a window were found. The first window of a run is the one it begins and ends with."""
        run = self._run
        mine = {name: node for name, node in nodes.items() if name in self._shown}
        if run is None or not mine:
            return
        run.windows.setdefault(window, {}).update(mine)
        if run.first is None:
            run.first = window
            self._take(run, "before", window)

    @contextmanager
    def filling(self, nodes: Sequence[b.Node]) -> Iterator[None]:
        """While the window of these controls is filled, and perhaps saved and closed."""
        run = self._run
        window = _window_of(run, nodes) if run is not None else None
        done = threading.Event()
        if run is not None and window is not None:
            self._take(run, "filled", window, done)
        try:
            yield
        finally:
            done.set()

    def end(self) -> None:
        run, self._run = self._run, None
        if run is not None and run.first is not None:
            self._take(run, "after", run.first)

    def close(self, within_s: float = 2.0) -> None:
        """Take what waits, for so long at most; the oldest is left out where too much waits."""
        while self._waiting.full():
            self._drop()
        self._put(None)
        self._thread.join(within_s)

    def _take(
        self, run: _Run, moment: Moment, window: b.Handle, until: threading.Event | None = None
    ) -> None:
        path = self._folder / f"{run.name}.{moment}.png"
        self._put(_Wanted(path, window, dict(run.windows[window]), until))

    def _put(self, wanted: _Wanted | None) -> None:
        try:
            self._waiting.put_nowait(wanted)
        except queue.Full:
            return  # a machine that is this busy has better things to do

    def _drop(self) -> None:
        try:
            self._waiting.get_nowait()
        except queue.Empty:
            return  # it was just taken

    # ---- the album's own thread ----

    def _work(self) -> None:
        while (wanted := self._waiting.get()) is not None:
            try:
                self._keep(wanted.path, self._taken(wanted))
            except Exception as error:  # noqa: BLE001 - kept as a line beside the pictures
                self._failed(wanted.path, error)
        if self._camera is not None:
            self._camera.close()

    def _taken(self, wanted: _Wanted) -> bytes:
        """Raises whatever the camera makes of it."""
        camera = self._camera = self._camera or self._open()
        boxes = camera.boxes(wanted.window, wanted.nodes)
        if wanted.until is not None:
            return self._while_filled(camera, wanted, boxes)
        return self._made(self._shot(camera, wanted, boxes))

    def _while_filled(self, camera: Camera, wanted: _Wanted, boxes: Mapping[str, Box]) -> bytes:
        """The last picture before the window closed. Its texts are read beside each, since they change."""
        last: Shot | None = None
        assert wanted.until is not None
        for _ in range(FILLING_MAX):
            over = wanted.until.is_set()
            try:
                shot = self._shot(camera, wanted, boxes)
                if last is not None and _is_covered(shot):
                    break  # a message came up: what was seen before it is what was saved
                last = shot
            except (b.Gone, b.NotAnswering):
                if last is None:
                    raise
                break
            if over:
                break
            wanted.until.wait(FILLING_EVERY_S)
        assert last is not None
        return self._made(last)

    def _shot(self, camera: Camera, wanted: _Wanted, boxes: Mapping[str, Box]) -> Shot:
        """Texts and places are asked after the pixels were taken: a number that was just typed is found, and nothing
        else has moved to where a box was. Raises Gone."""
        shot = camera.shoot(wanted.window, list(boxes.values()))
        if camera.boxes(wanted.window, wanted.nodes) != boxes:
            raise b.Gone("the layout: it changed while the picture was taken")
        texts = camera.texts({name: wanted.nodes[name] for name in boxes})
        if self._hides(" ".join(texts.values())):
            return replace(shot, parts=())
        seen = {box for name, box in boxes.items() if name in texts and not self._hides(texts[name])}
        return replace(shot, parts=tuple(part for part in shot.parts if part[0] in seen))

    def _made(self, shot: Shot) -> bytes:
        return png(shot.width, shot.height, redacted(shot))

    def _keep(self, path: Path, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = path.with_suffix(".new")
        made.write_bytes(content)
        made.replace(path)
        forget_old(self._folder)

    def _failed(self, path: Path, error: Exception) -> None:
        """The next picture begins with a new camera: this one may look at a desktop that ended."""
        camera, self._camera = self._camera, None
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.with_suffix(".txt").write_text(
                f"no picture: {type(error).__name__}: {error}\n"[:300], "utf-8"
            )
            if camera is not None:
                camera.close()
        except (OSError, b.Gone):
            return  # neither picture nor line: the run itself has its transcript


def _window_of(run: _Run, nodes: Sequence[b.Node]) -> b.Handle | None:
    """The window of the first of these controls that may be seen."""
    of = {node: window for window, known in run.windows.items() for node in known.values()}
    return next((of[node] for node in nodes if node in of), None)


def forget_old(folder: Path) -> None:
    """Keep the newest, as long and as many as the limits say."""
    files = sorted(
        (path for path in folder.iterdir() if path.is_file()), key=lambda path: path.name, reverse=True
    )
    oldest, size = time.time() - KEPT_DAYS * 86_400, 0
    for number, path in enumerate(files):
        told = path.stat()
        size += told.st_size
        if number >= KEPT or size > KEPT_BYTES or told.st_mtime < oldest:
            path.unlink(missing_ok=True)


class Photographed(WatchedBackend):
    """A backend whose bursts and finds an album is told about. Changes nothing of what goes through it."""

    def __init__(self, inner: b.Backend, album: Album) -> None:
        super().__init__(inner, _said_elsewhere, time.monotonic)
        self._album = album

    def resolve(self, window: b.Handle, targets: Sequence[b.Target]) -> Sequence[b.Resolution]:
        verdicts = self.inner.resolve(window, targets)
        pairs = zip(targets, verdicts, strict=True)
        self._album.met(window, {t.name: v.node for t, v in pairs if isinstance(v, b.Found)})
        return verdicts

    def burst(self, burst: b.Burst) -> b.BurstReport:
        """The one burst with checks is the one that fills the window for good."""
        if not burst.checks:
            return self.inner.burst(burst)
        with self._album.filling(
            [*(act.node for act in burst.acts), *(check.node for check in burst.checks)]
        ):
            return self.inner.burst(burst)

    def close(self) -> None:
        self._album.close()
        self.inner.close()


def _said_elsewhere(_what: str, **_facts: object) -> None:
    """A run's own transcript is written above."""


class PicturedLog:
    """The transcript of a run that is photographed: it begins and ends with it."""

    def __init__(self, log: Log, album: Album) -> None:
        self._log, self._album = log, album

    def note(self, what: str, **facts: object) -> None:
        self._log.note(what, **facts)

    def close(self) -> str:
        self._album.end()
        return self._log.close()


class Log(Protocol):
    def note(self, what: str, **facts: object) -> None: ...

    def close(self) -> str: ...
