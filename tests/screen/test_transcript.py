"""A support person can read every run, and never finds a card number or a private value in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tillbridge.domain.pan import looks_like_card_number
from tillbridge.screen import backend as b
from tillbridge.screen.backends.fake import FakeBackend, FakeControl, FakeWindow
from tillbridge.screen.transcript import HIDDEN, TranscriptFolder
from tillbridge.screen.watched import PRIVATE, WatchedBackend

CARD = "4242 4242 4242 4242"


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path, clock: Clock) -> TranscriptFolder:
    return TranscriptFolder(
        tmp_path,
        clock=clock,
        now=lambda: datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
        hides=looks_like_card_number,
        keep=3,
    )


def test_a_run_is_kept_with_its_times_and_read_as_text(folder: TranscriptFolder, clock: Clock) -> None:
    log = folder.open("impromed/6 post V4242-K7Q9")
    clock.now += 1.25
    log.note("set", control="amount", text="$142.50")
    name = log.close()
    assert name == "20261122T093000-n001-impromed-6-post-V4242-K7Q9"
    text = folder.text(name)
    assert "1.250 s  set             control=amount  text=$142.50" in text


@pytest.mark.parametrize(
    "facts",
    [
        {"text": f"note {CARD} x"},
        {"cells": ["4242", "4242", "4242", "4242"]},
        {"number": 4242424242424242},
        {"in": {"it": CARD}},
    ],
)
def test_what_looks_like_a_card_number_is_never_written(
    folder: TranscriptFolder, facts: dict[str, object]
) -> None:
    log = folder.open("x")
    log.note("read", **facts)
    kept = (folder.folder / f"{log.close()}.jsonl").read_text(encoding="utf-8")
    assert HIDDEN in kept
    assert "4242" not in kept.replace(" ", "")


def test_lines_are_on_disk_before_the_run_ends(folder: TranscriptFolder) -> None:
    log = folder.open("x")
    log.note("press", control="ok")
    lines = (folder.folder / f"{log.name}.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["what"] for line in lines] == ["begin", "press"]
    log.close()


def test_a_line_that_a_crash_cut_short_is_left_out_of_the_text(folder: TranscriptFolder) -> None:
    name = folder.open("x").close()
    with (folder.folder / f"{name}.jsonl").open("a", encoding="utf-8") as out:
        out.write('{"at": 1.0, "wh')
    assert folder.text(name).count("\n") == 1


def test_two_runs_of_one_second_have_two_names_and_only_the_newest_are_kept(folder: TranscriptFolder) -> None:
    names = [folder.open("x").close() for _ in range(5)]
    assert len(set(names)) == 5
    assert len(list(folder.folder.glob("*.jsonl"))) <= 4


def test_a_watched_backend_tells_what_was_looked_for_set_and_read_back_but_nothing_private(
    clock: Clock,
) -> None:
    told: list[tuple[str, dict[str, object]]] = []

    def note(what: str, **facts: object) -> None:
        told.append((what, facts))

    backend = _watched(note, clock)
    window = backend.windows(backend.programs()[0])[0].handle
    evidence = {"client": "lblClient", "amount": "txtAmount", "gone": "nothing"}
    roles: dict[str, b.Role] = {"client": "text", "amount": "edit", "gone": "edit"}
    targets = [b.Target(name, roles[name], (b.Evidence("id", value),)) for name, value in evidence.items()]
    client, amount = (found.node for found in backend.resolve(window, targets) if isinstance(found, b.Found))
    backend.read([client, amount])
    wrong = b.Check(amount, "text", frozenset({"$1.00"}), what="amount")
    backend.burst(b.Burst(1, (b.SetText(amount, "$2.00"), b.SetText(client, "x", secret=True)), (wrong,)))

    assert ("not found", {"target": 'edit "gone" by id=nothing', "because": "missing (looked by id)"}) in told
    assert {"client": PRIVATE, "amount": "$9.00"} in [facts.get("values") for _, facts in told]
    acts = next(facts["acts"] for what, facts in told if what == "burst")
    assert acts == ["set amount = $2.00", f"set client = {PRIVATE}"]
    assert ("differs", {"control": "amount", "seen": "$2.00"}) in told
    assert "Alvarez" not in json.dumps(told)


def _watched(note: Callable[..., None], clock: Clock) -> WatchedBackend:
    controls = [
        FakeControl("text", id="lblClient", text="Alvarez, Rosa"),
        FakeControl("edit", id="txtAmount", text="$9.00"),
    ]
    fake = FakeBackend(FakeWindow("Alvarez, Rosa", controls))
    return WatchedBackend(fake, note, clock, frozenset({"client"}))


def test_an_error_is_told_with_its_time_and_raised(clock: Clock) -> None:
    told: list[tuple[str, dict[str, object]]] = []
    backend = _watched(lambda what, **facts: told.append((what, facts)), clock)
    with pytest.raises(b.Gone):
        backend.resolve(b.Handle("7"), [])
    assert told[0][0] == "looked for"
    assert str(told[0][1]["error"]).startswith("Gone")
