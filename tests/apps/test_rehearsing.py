"""H6: the payment window is tried before the first charge of each day, build, pack and user; drift stops the charge."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.apps.counter import until
from tests.apps.desk_in_memory import OWED, InMemory, desk_in_memory
from tests.engine.test_one_payment import usd
from tillbridge.apps.agent import rehearsing
from tillbridge.apps.agent.rehearsed import FILE, RehearsalMemory
from tillbridge.domain.errors import OperatorError
from tillbridge.ports.practice import Entering, Trouble
from tillbridge.strings import sentence

DRIFT = Trouble(who="pack", code="control_missing", facts={"name": "Model", "control": "amount"})
SET_UP = Trouble(who="setup", code="method_missing", facts={"name": "Model", "wanted": "Card"})
TYPING = Trouble(who="operator", code="user_typing", facts={"name": "Model"}, retry_in_ms=3_000)
DIALOG = Trouble(who="operator", code="dialog_in_the_way", facts={"name": "Model", "text": "Reboot?"})


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemory]:
    """A desk that looks for no quiet moment by itself."""
    monkeypatch.setattr(rehearsing, "SOON_S", 3_600.0)
    with desk_in_memory(tmp_path) as made:
        yield made


def test_the_window_is_tried_before_the_first_charge_and_not_before_the_second(desk: InMemory) -> None:
    told = desk.pay(amount="100.00")
    assert desk.screen.acts[:3] == ["read", "rehearse", "read"], "and the invoice is read again afterwards"
    assert told["notice"] is None
    desk.finished()
    desk.pay("payment-0002", amount="12.00")
    assert desk.rehearsed() == 1
    until(lambda: desk.captures() == [10_000, 1_200], "both are charged")


@pytest.mark.parametrize("trouble", [DRIFT, SET_UP], ids=["pack", "set-up"])
def test_drift_is_found_before_money_moves(desk: InMemory, trouble: Trouble) -> None:
    desk.screen.drift = trouble
    with pytest.raises(OperatorError) as refused:
        desk.pay()
    assert refused.value.code == "rehearsal_drift"
    assert refused.value.facts["drift"] == trouble.code
    assert "pay --typed" in _sentence(refused.value)
    assert desk.captures() == []
    assert desk.ask("payments")["payments"] == [], "not even written down"


def test_after_drift_the_typed_payment_is_taken(desk: InMemory) -> None:
    """Rule 13: an unread screen never stops the card."""
    desk.screen.drift = DRIFT
    with pytest.raises(OperatorError):
        desk.pay()
    desk.pay("typed-0001", typed=True, client="Alvarez, Rosa", amount="212.40")
    until(lambda: desk.captures() == [OWED], "the card is charged")


def test_one_slow_moment_of_the_program_is_no_drift(desk: InMemory) -> None:
    desk.screen.drift = DRIFT
    desk.screen.drifts = 1
    assert desk.pay()["notice"] is None
    assert desk.rehearsed() == 2


def test_what_was_mended_is_tried_again_at_the_next_charge(desk: InMemory) -> None:
    desk.screen.drift = DRIFT
    with pytest.raises(OperatorError):
        desk.pay()
    desk.screen.drift = None
    desk.pay()
    assert desk.rehearsed() == 3, "drift of the pack was tried twice"
    until(lambda: desk.captures() == [OWED], "the card is charged")


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        (TYPING, "Somebody is typing"),
        (DIALOG, "A question is open in Model"),
        (RuntimeError("the bus broke"), "The screen could not be read"),
        (Trouble(who="setup", code="no_display"), "no screen to work on"),
    ],
    ids=["typing", "dialog", "surprise", "desktop"],
)
def test_what_could_only_not_be_tried_never_stops_the_card(
    desk: InMemory, trouble: Trouble | Exception, says: str
) -> None:
    desk.screen.drift = trouble
    told = desk.pay()
    assert told["notice"]["code"] == "rehearsal_not_done"
    assert says in told["notice"]["text"]
    until(lambda: desk.captures() == [OWED], "the card is charged")


def test_a_rehearsal_that_takes_too_long_is_not_waited_for(
    desk: InMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsing, "BEFORE_CHARGE_S", 0.1)
    desk.screen.gate = threading.Event()
    box: list[dict[str, Any]] = []
    waiting = threading.Thread(target=lambda: box.append(desk.pay()))
    waiting.start()
    until(lambda: desk.rehearsed() == 1, "it is being tried")
    waiting.join(10)
    assert box[0]["notice"]["code"] == "rehearsal_not_done"
    assert "It takes longer than the client should wait." in box[0]["notice"]["text"]
    until(lambda: desk.captures() == [OWED], "the card is charged while it is still being tried")
    desk.screen.gate.set()
    until(lambda: _newest(desk) == "as_expected", "it ended by itself and is remembered")


def _newest(desk: InMemory) -> str:
    newest = desk.rehearsals.memory.newest()
    return newest.found if newest else ""


def _new_day(desk: InMemory) -> None:
    desk.today[0] = date(2026, 3, 5)


def _new_build(desk: InMemory) -> None:
    desk.screen.build = "2"


@pytest.mark.parametrize("change", [_new_day, _new_build])
def test_another_day_or_build_is_tried_again(desk: InMemory, change: Any) -> None:
    assert desk.ask("rehearse", body={})["found"] == "as_expected"
    change(desk)
    desk.pay()
    assert desk.rehearsed() == 2


@pytest.mark.parametrize("other", [{}, {"set_up": "pack-2"}, {"user": "dana"}], ids=["same", "pack", "user"])
def test_it_is_remembered_over_a_restart_for_the_same_pack_and_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: dict[str, Any]
) -> None:
    monkeypatch.setattr(rehearsing, "SOON_S", 3_600.0)
    with desk_in_memory(tmp_path) as first:
        first.ask("rehearse", body={})
    with desk_in_memory(tmp_path, **other) as second:
        second.pay()
        assert second.rehearsed() == (1 if other else 0)


@pytest.mark.parametrize("damage", [b"", b"{", b'{"rehearsals": [{"found": "as_expected"}]}', b"\xff\xfe"])
def test_a_damaged_memory_means_that_it_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: bytes
) -> None:
    monkeypatch.setattr(rehearsing, "SOON_S", 3_600.0)
    with desk_in_memory(tmp_path) as first:
        first.ask("rehearse", body={})
    (tmp_path / FILE).write_bytes(damage)
    assert RehearsalMemory(tmp_path).newest() is None
    with desk_in_memory(tmp_path) as second:
        second.pay()
        assert second.rehearsed() == 1


def test_a_disk_that_does_not_take_the_memory_stops_nothing(desk: InMemory) -> None:
    (desk.home / FILE).with_suffix(".new").mkdir()
    desk.pay()
    until(lambda: desk.captures() == [OWED], "the card is charged")
    assert desk.rehearsals.memory.complaint != ""


def test_nothing_is_tried_while_a_person_has_a_payment_window_open(desk: InMemory) -> None:
    desk.screen.entering = Entering(amount=usd(OWED), method="Visa", reference="")
    with pytest.raises(OperatorError) as refused:
        desk.pay()
    assert refused.value.code == "payment_being_entered"
    assert desk.captures() == []
    told = desk.pay("payment-0002", anyway=True)
    assert told["notice"] is None or told["notice"]["code"] == "rehearsal_not_done"
    until(lambda: desk.captures() == [OWED], "the person said: anyway")
    assert desk.rehearsed() == 0
    assert desk.ask("rehearse", body={})["trouble"]["code"] in ("window_open", "money_under_way")


def test_nothing_is_tried_while_a_card_is_being_taken(tmp_path: Path) -> None:
    with desk_in_memory(tmp_path, auto=False) as desk:
        desk.pay("typed-0001", typed=True, client="Somebody", amount="5.00")
        assert desk.ask("rehearse", body={})["trouble"]["code"] == "money_under_way"
        assert desk.rehearsed() == 0


def test_a_payment_that_waits_for_its_invoice_keeps_that_invoice_from_being_tried_and_no_other(
    desk: InMemory,
) -> None:
    desk.screen.busy = True
    desk.pay(amount="100.00")
    until(lambda: desk.told("payment-0001")["postings"][-1:] != [] and _waits(desk), "it waits")
    assert desk.ask("rehearse", body={})["trouble"]["code"] == "money_under_way"
    desk.screen.invoice_number = "10999"
    assert desk.ask("rehearse", body={})["found"] == "as_expected"


def _waits(desk: InMemory) -> bool:
    posting = desk.told("payment-0001")["postings"][-1]
    return posting["state"] == "waiting" and bool(posting["reason"])


def test_what_is_refused_anyway_is_not_tried_first(desk: InMemory) -> None:
    with pytest.raises(OperatorError) as refused:
        desk.pay(expected_minor=99)
    assert refused.value.code == "amount_changed"
    desk.screen.balance = usd(0)
    with pytest.raises(OperatorError) as nothing:
        desk.pay()
    assert nothing.value.code == "nothing_owed"
    assert desk.rehearsed() == 0


# ---- another card ----


@pytest.fixture
def cancelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemory]:
    """A desk whose payment was cancelled at the terminal: another card may be tried."""
    monkeypatch.setattr(rehearsing, "SOON_S", 3_600.0)
    with desk_in_memory(tmp_path, auto=False) as desk:
        desk.pay()
        until(lambda: desk.told("payment-0001")["money_state"] == "running", "it is on the terminal")
        desk.ask("cancel", "payment-0001", {})
        until(lambda: desk.told("payment-0001")["money_state"] == "cancelled", "it is over")
        yield desk


def test_another_card_on_another_day_is_tried_first_too(cancelled: InMemory) -> None:
    _new_day(cancelled)
    cancelled.screen.drift = DRIFT
    with pytest.raises(OperatorError) as refused:
        cancelled.ask("again", "payment-0001", {})
    assert refused.value.code == "rehearsal_drift"
    assert len(cancelled.told("payment-0001")["attempts"]) == 1
    cancelled.screen.drift = TYPING
    assert cancelled.ask("again", "payment-0001", {})["notice"]["code"] == "rehearsal_not_done"
    assert len(cancelled.told("payment-0001")["attempts"]) == 2


def test_another_card_is_not_taken_while_the_payment_is_entered_by_hand(cancelled: InMemory) -> None:
    cancelled.screen.entering = Entering(amount=usd(OWED), method="Cash", reference="")
    with pytest.raises(OperatorError) as refused:
        cancelled.ask("again", "payment-0001", {})
    assert refused.value.code == "payment_being_entered"
    cancelled.ask("again", "payment-0001", {"anyway": True})
    assert len(cancelled.told("payment-0001")["attempts"]) == 2


# ---- by itself ----


@pytest.fixture
def quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemory]:
    """A desk that looks for a quiet moment all the time; the person is still when the test says so."""
    for name in ("SOON_S", "LATER_S", "DRIFTED_S"):
        monkeypatch.setattr(rehearsing, name, 0.0)
    with desk_in_memory(tmp_path, still_s=0.0) as made:
        yield made


def _wake(desk: InMemory) -> bool:
    """Let the journal's thread look once more; True when the window was tried."""
    desk.runner.ask(lambda _engine: None)
    return desk.rehearsed() > 0


def test_it_is_tried_by_itself_at_a_quiet_moment_and_once(quiet: InMemory) -> None:
    quiet.screen.still_s = 60.0
    until(lambda: _wake(quiet) and _newest(quiet) == "as_expected", "it is tried and remembered")
    for _ in range(20):
        _wake(quiet)
    assert quiet.rehearsed() == 1
    quiet.pay()
    assert quiet.rehearsed() == 1, "the charge need not wait for it any more"


@pytest.mark.parametrize("why", ["typing", "closed", "window", "paused"])
def test_it_is_not_tried_by_itself_at_any_other_moment(quiet: InMemory, why: str) -> None:
    if why == "paused":
        quiet.ask("pause", body={"minutes": 1})
    quiet.screen.closed = why == "closed"
    quiet.screen.entering = Entering(amount=None, method="", reference="") if why == "window" else None
    quiet.screen.still_s = 2.9 if why == "typing" else 60.0
    for _ in range(30):
        assert not _wake(quiet)
    quiet.ask("end_pause")
    quiet.screen.closed, quiet.screen.entering, quiet.screen.still_s = False, None, 3.0
    until(lambda: _wake(quiet), "it is tried as soon as that is over")


def test_drift_that_is_found_by_itself_is_shown(quiet: InMemory) -> None:
    quiet.screen.drift, quiet.screen.still_s = DRIFT, 60.0
    until(lambda: _wake(quiet) and _newest(quiet) == "drift", "it is found")
    shown = quiet.ask("health")["rehearsed"]
    assert (shown["found"], shown["by"]) == ("drift", "itself")
    assert "looks different from what we know (amount)" in shown["text"]


def test_a_lab_may_want_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsing, "SOON_S", 0.0)
    with desk_in_memory(tmp_path, by_itself=False) as lab:
        for _ in range(5):
            _wake(lab)
        lab.pay()
        assert lab.rehearsed() == 0


# ---- asked for ----


def test_what_was_found_is_told_with_when_and_who(desk: InMemory) -> None:
    assert desk.ask("rehearse", body={"only_last": True}) == {"last": None}
    told = desk.ask("rehearse", body={})
    assert (told["found"], told["last"]) == ("as_expected", None)
    again = desk.ask("rehearse", body={"only_last": True})["last"]
    assert (again["found"], again["by"], again["user"]) == ("as_expected", "person", "kim")
    assert desk.rehearsed() == 1


def test_a_card_number_that_the_screen_shows_is_not_remembered(desk: InMemory) -> None:
    facts: dict[str, Any] = {"name": "Model", "text": "4111 1111 1111 1111"}
    desk.screen.drift = Trouble(who="operator", code="dialog_in_the_way", facts=facts)
    desk.pay()
    assert "4111" not in (desk.home / FILE).read_text("utf-8")
    assert _newest(desk) == "not_done"


def _sentence(error: OperatorError) -> str:
    return sentence(error.code, error.facts)
