"""Pictures of a run: black but for what may be seen, and never in the way of the run."""

from __future__ import annotations

import os
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tillbridge.domain.pan import looks_like_card_number
from tillbridge.screen import backend as b
from tillbridge.screen import pictures
from tillbridge.screen.backends.fake import FakeBackend, FakeControl, FakeWindow
from tillbridge.screen.pictures import Album, Box, Photographed, PicturedLog, Shot, png, redacted

WHITE = b"\xff\xff\xff\x00"
MAIN, PAYMENT = b.Handle("main"), b.Handle("payment")
AMOUNT, CLIENT = b.Node("amount"), b.Node("client")


def decoded(content: bytes) -> tuple[int, int, list[bytes]]:
    """Width, height and the rows of one of our own PNG files, as red, green, blue."""
    width, height = struct.unpack(">II", content[16:24])
    at, data = 8, b""
    while at < len(content):
        (size,) = struct.unpack(">I", content[at : at + 4])
        data += content[at + 8 : at + 8 + size] if content[at + 4 : at + 8] == b"IDAT" else b""
        at += size + 12
    rows = zlib.decompress(data)
    line = 3 * width + 1
    return width, height, [rows[line * y + 1 : line * (y + 1)] for y in range(height)]


def lit(content: bytes) -> set[tuple[int, int]]:
    """The pixels that are not black."""
    width, height, rows = decoded(content)
    return {(x, y) for y in range(height) for x in range(width) if rows[y][3 * x : 3 * x + 3] != b"\0\0\0"}


def white(*boxes: Box) -> tuple[tuple[Box, bytes], ...]:
    return tuple((box, WHITE * box.width * box.height) for box in boxes)


def inside(*boxes: Box) -> set[tuple[int, int]]:
    return {
        (x, y) for o in boxes for x in range(o.left, o.left + o.width) for y in range(o.top, o.top + o.height)
    }


class Staged:
    """A camera before a white window of 20 by 10. `places`, `words`: of its controls; `trouble` is raised."""

    def __init__(self) -> None:
        self.places = {"amount": Box(2, 2, 6, 3), "client": Box(10, 2, 6, 3), "note": Box(2, 6, 6, 3)}
        self.words = {"amount": "212.40", "client": "Alvarez, Rosa", "note": "thanks"}
        self.over: tuple[Box, ...] = ()
        self.trouble: Exception | None = None
        self.moves, self.closes = False, 0
        self.shots = 0
        self.on_shot: Callable[[int], None] = lambda _number: None

    def boxes(self, window: b.Handle, nodes: Mapping[str, b.Node]) -> Mapping[str, Box]:
        if self.trouble:
            raise self.trouble
        if self.moves:
            self.places = {name: box._replace(left=box.left + 1) for name, box in self.places.items()}
        return {name: self.places[name] for name in nodes}

    def texts(self, nodes: Mapping[str, b.Node]) -> Mapping[str, str]:
        return {name: self.words[name] for name in nodes}

    def shoot(self, window: b.Handle, boxes: Sequence[Box]) -> Shot:
        self.shots += 1
        self.on_shot(self.shots)
        if self.trouble:
            raise self.trouble
        return Shot(20, 10, white(*boxes), self.over)

    def close(self) -> None:
        self.closes += 1


@pytest.fixture
def camera() -> Staged:
    return Staged()


@pytest.fixture
def album(tmp_path: Path, camera: Staged) -> Iterator[Album]:
    made = Album(
        tmp_path,
        open_camera=lambda: camera,
        shown=frozenset({"amount", "note"}),
        hides=looks_like_card_number,
    )
    yield made
    made.close()


def taken(album: Album, folder: Path, name: str = "run.before.png") -> bytes:
    album.close()
    return (folder / name).read_bytes()


def test_all_is_black_but_for_what_may_be_seen(album: Album, camera: Staged, tmp_path: Path) -> None:
    album.begin("run")
    album.met(MAIN, {"amount": AMOUNT, "client": CLIENT})
    assert lit(taken(album, tmp_path)) == inside(camera.places["amount"])


def test_what_lies_over_the_window_stays_black(album: Album, camera: Staged, tmp_path: Path) -> None:
    camera.over = (Box(-5, -5, 9, 30),)
    album.begin("run")
    album.met(MAIN, {"amount": AMOUNT})
    assert lit(taken(album, tmp_path)) == inside(camera.places["amount"]) - inside(Box(0, 0, 4, 10))


def test_a_control_that_holds_a_card_number_stays_black(album: Album, camera: Staged, tmp_path: Path) -> None:
    camera.words["note"] = "4111 1111 1111 1111"
    album.begin("run")
    album.met(MAIN, {"amount": AMOUNT, "note": b.Node("note")})
    assert lit(taken(album, tmp_path)) == set(), "both: nobody knows where a number goes on"


def test_what_lies_half_over_a_window_blackens_the_half() -> None:
    shot = Shot(
        4, 2, white(Box(0, 0, 4, 2)), (Box(-3, -3, 5, 4), Box(3, 1, 9, 9), Box(9, 9, 2, 2), Box(-9, 0, 2, 2))
    )
    assert lit(png(4, 2, redacted(shot))) == {(2, 0), (3, 0), (0, 1), (1, 1), (2, 1)}


def test_colours_come_out_as_they_were() -> None:
    rgb = redacted(Shot(1, 1, ((Box(0, 0, 1, 1), b"\x01\x02\x03\x00"),)))
    assert decoded(png(1, 1, rgb)) == (1, 1, [b"\x03\x02\x01"])


def test_a_layout_that_changes_while_it_is_taken_gives_no_picture(
    album: Album, camera: Staged, tmp_path: Path
) -> None:
    camera.moves = True
    album.begin("run")
    album.met(MAIN, {"amount": AMOUNT})
    album.close()
    assert not (tmp_path / "run.before.png").exists()
    assert "it changed while the picture was taken" in (tmp_path / "run.before.txt").read_text()


@pytest.mark.parametrize("trouble", [b.Gone("the window"), b.NotAnswering("silent"), RuntimeError("a bug")])
def test_a_picture_that_fails_leaves_a_line_and_raises_nothing(
    album: Album, camera: Staged, tmp_path: Path, trouble: Exception
) -> None:
    camera.trouble = trouble
    album.begin("run")
    album.met(MAIN, {"amount": AMOUNT})
    with album.filling([AMOUNT]):
        saved = True
    album.end()
    album.close()
    assert saved
    told = {path.name: path.read_text() for path in tmp_path.glob("*.txt")}
    assert set(told) == {"run.before.txt", "run.filled.txt", "run.after.txt"}
    assert all(type(trouble).__name__ in line for line in told.values())
    assert camera.closes == 3, "each picture after a failure begins with a new camera"


def test_a_camera_that_hangs_delays_nothing(album: Album, camera: Staged) -> None:
    gate = threading.Event()
    camera.on_shot = lambda _number: (gate.wait(20), None)[1]
    began = time.monotonic()
    for number in range(50):
        album.begin(f"run-{number}")
        album.met(MAIN, {"amount": AMOUNT})
        with album.filling([AMOUNT]):
            pass
        album.end()
    assert time.monotonic() - began < 1.0
    gate.set()


def test_the_last_picture_before_the_window_closed_is_the_filled_one(
    album: Album, camera: Staged, tmp_path: Path
) -> None:
    seen = threading.Event()

    def on_shot(number: int) -> None:
        if number == 3:  # 1 is `before`, 2 still empty, 3 filled, then the window is gone
            camera.places["amount"], camera.words["amount"] = Box(2, 2, 6, 3), "212.40"
            seen.set()
        if number > 3:
            camera.trouble = b.Gone("the window")

    camera.on_shot = on_shot
    album.begin("run")
    album.met(PAYMENT, {"amount": AMOUNT})
    with album.filling([AMOUNT]):
        assert seen.wait(10)
        assert _until(lambda: camera.trouble is not None)
    assert lit(taken(album, tmp_path, "run.filled.png")) == inside(Box(2, 2, 6, 3))


def test_a_window_that_is_drawn_anew_while_it_saves_is_kept_as_it_was_before(
    album: Album, camera: Staged, tmp_path: Path
) -> None:
    """Nothing else may come to lie where a field was."""

    def on_shot(number: int) -> None:
        camera.moves = number > 2

    camera.on_shot = on_shot
    album.begin("run")
    album.met(PAYMENT, {"amount": AMOUNT})
    before = dict(camera.places)
    with album.filling([AMOUNT]):
        assert _until(lambda: camera.shots > 2)
    assert lit(taken(album, tmp_path, "run.filled.png")) == inside(before["amount"])


def test_the_filled_window_is_that_of_the_first_field_that_is_set(
    album: Album, camera: Staged, tmp_path: Path
) -> None:
    looked: list[b.Handle] = []
    boxes = camera.boxes

    def noted(window: b.Handle, nodes: Mapping[str, b.Node]) -> Mapping[str, Box]:
        looked.append(window)
        return boxes(window, nodes)

    camera.boxes = noted  # type: ignore[method-assign]
    album.begin("run")
    album.met(MAIN, {"note": b.Node("note")})
    album.met(PAYMENT, {"amount": AMOUNT})
    with album.filling([CLIENT, AMOUNT, b.Node("note")]):
        assert _until(lambda: PAYMENT in looked)
    taken(album, tmp_path, "run.filled.png")
    assert MAIN not in looked[looked.index(PAYMENT) :], (
        "only the run's beginning and end are of the main window"
    )


def test_a_message_over_the_window_does_not_replace_what_was_seen_before(
    album: Album, camera: Staged, tmp_path: Path
) -> None:
    def on_shot(number: int) -> None:
        camera.over = (Box(0, 0, 20, 10),) if number > 2 else ()

    camera.on_shot = on_shot
    album.begin("run")
    album.met(PAYMENT, {"amount": AMOUNT})
    with album.filling([AMOUNT]):
        assert _until(lambda: camera.shots > 2)
    assert lit(taken(album, tmp_path, "run.filled.png")) == inside(camera.places["amount"])


def _until(true: Callable[[], bool]) -> bool:
    ends = time.monotonic() + 10
    while not true():
        if time.monotonic() > ends:
            return False
        time.sleep(0.01)
    return True


def test_old_pictures_are_forgotten_by_number_age_and_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(10):
        (tmp_path / f"{number}.png").write_bytes(b"x" * 100)
    os.utime(tmp_path / "9.png", (1, 1))
    monkeypatch.setattr(pictures, "KEPT", 6)
    pictures.forget_old(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["4.png", "5.png", "6.png", "7.png", "8.png"]
    monkeypatch.setattr(pictures, "KEPT_BYTES", 250)
    pictures.forget_old(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["7.png", "8.png"]


# ---- on the way of a run ----


class Noted:
    def __init__(self) -> None:
        self.closed = False

    def note(self, what: str, **facts: object) -> None:
        self.closed = False

    def close(self) -> str:
        self.closed = True
        return "run"


def test_a_run_is_photographed_before_filled_and_after(album: Album, tmp_path: Path) -> None:
    control = FakeControl("edit", id="amount")
    window = FakeWindow("Payment", [control])
    fake = FakeBackend(window)
    backend, log = Photographed(fake, album), Noted()
    album.begin("run")
    pictured = PicturedLog(log, album)
    (found,) = backend.resolve(
        fake.handle(window), [b.Target("amount", "edit", (b.Evidence("id", "amount"),))]
    )
    assert isinstance(found, b.Found)
    check = b.Check(found.node, "text", frozenset({"5.00"}))
    report = backend.burst(b.Burst(1, (b.SetText(found.node, "5.00"),), (check,)))
    assert (report.stage, report.differences) == ("not_committed", ())
    assert (pictured.close(), log.closed) == ("run", True)
    backend.close()
    assert {path.name for path in tmp_path.iterdir()} == {
        "run.before.png",
        "run.filled.png",
        "run.after.png",
    }


def test_a_run_that_only_reads_is_not_photographed(album: Album, tmp_path: Path) -> None:
    album.met(MAIN, {"amount": AMOUNT})
    with album.filling([AMOUNT]):
        pass
    album.end()
    album.close()
    assert list(tmp_path.iterdir()) == []
