"""What a person can say at the desk: leave the screen alone, it is entered, I looked at it, keep the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apps.counter import TYPED, Counter, until
from tests.apps.desk_in_memory import OWED, InMemory, desk_in_memory
from tests.engine.test_one_payment import usd
from tillbridge.apps.agent import rehearsing
from tillbridge.apps.agent.pausing import FILE
from tillbridge.apps.cli.client import AgentClient
from tillbridge.apps.cli.money import _task
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.event import PaymentEvent


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemory]:
    monkeypatch.setattr(rehearsing, "SOON_S", 3_600.0)
    with desk_in_memory(tmp_path) as made:
        yield made


# ---- a pause ----


def test_while_the_screen_is_paused_nothing_touches_it_and_typed_amounts_go_on(desk: InMemory) -> None:
    desk.ask("pause", body={"minutes": 30})
    with pytest.raises(OperatorError) as refused:
        desk.pay()
    assert refused.value.code == "paused_until"
    desk.pay("typed-0001", typed=True, client="Somebody", amount="5.00")
    until(lambda: desk.captures() == [500], "the typed amount is charged")
    for view in (desk.ask("invoice"), desk.ask("software"), desk.ask("rehearse", body={})):
        assert view["trouble"]["code"] == "paused_until"
    assert desk.screen.acts == [], "nobody looked at the screen"


def test_every_view_says_that_the_screen_is_paused_and_until_when(desk: InMemory) -> None:
    told = desk.ask("pause", body={"minutes": 30})["paused"]
    desk.pay("typed-0001", typed=True, client="Somebody", amount="5.00")
    names = ("health", "payments", "show", "invoice", "software", "rehearse")
    for view in (desk.ask(name, "typed-0001") for name in names):
        assert abs(view["paused"]["until_wall_ms"] - told["until_wall_ms"]) < 1_000
    assert told["until"] in told["text"]


def test_a_pause_ends_when_somebody_says_so_and_work_goes_on(desk: InMemory) -> None:
    desk.ask("pause", body={})
    assert desk.ask("end_pause") == {"paused": None}
    desk.pay()
    until(lambda: desk.captures() == [OWED], "the card is charged")
    assert not (desk.home / FILE).exists()


def test_a_pause_goes_on_after_a_restart_and_never_longer_than_it_was_asked_for(tmp_path: Path) -> None:
    with desk_in_memory(tmp_path, by_itself=False) as first:
        until_ms = first.ask("pause", body={"minutes": 30})["paused"]["until_wall_ms"]
    with desk_in_memory(tmp_path, by_itself=False) as second:
        again_ms = second.ask("health")["paused"]["until_wall_ms"]
        assert abs(again_ms - until_ms) < 2_000


@pytest.mark.parametrize(
    "kept", ["", "{", "[]", '{"until_wall_ms": "x"}', '{"until_wall_ms": 1}', '{"until_wall_ms": 1e300}',
             json.dumps({"until_wall_ms": 4_000_000_000_000})],
)  # fmt: skip
def test_a_kept_pause_that_is_over_damaged_or_far_away_is_no_pause(tmp_path: Path, kept: str) -> None:
    (tmp_path / FILE).write_text(kept, "utf-8")
    with desk_in_memory(tmp_path, by_itself=False) as desk:
        assert desk.ask("health")["paused"] is None


def test_the_command_line_pauses_says_so_everywhere_and_goes_on(counter: Counter) -> None:
    told = counter.command("pause")
    assert told.exit_code == 0
    assert "leaves the screen alone until" in told.text
    try:
        assert "leaves the screen alone until" in counter.command("payments").text
        assert "The screen is paused." in counter.command("doctor").text
        assert "leaves the screen alone until" in counter.command("rehearse").text
    finally:
        assert "There is no pause." in counter.command("pause", "--end").text
    assert "leaves the screen alone" not in counter.command("payments").text


# ---- entered by hand ----


def _taken(counter: Counter, payment_id: str, client: str, amount: str) -> None:
    body = {"typed": True, "client": client, "amount": amount, "terminal_id": "front-desk-1"}
    counter.agent.post("/v1/payments", {"payment_id": payment_id, **body})
    path = f"/v1/payments/{payment_id}"
    until(lambda: counter.agent.get(path)["payment"]["money_state"] == "running", "it is on the terminal")
    counter.simulator.press("tap")

    def waits() -> bool:
        postings = counter.agent.get(path)["payment"]["postings"]
        return bool(postings) and bool(postings[-1]["reason_text"])

    until(waits, "it waits for a person")


def test_what_waits_is_listed_with_why_and_what_to_enter_is_shown(counter: Counter) -> None:
    _taken(counter, "by-hand-alvarez", "Alvarez", "12.00")
    _taken(counter, "by-hand-brown", "Brown", "7.50")
    listed = counter.command("payments").text
    for client, amount, payment_id in (("Alvarez", "$12.00", "alvarez"), ("Brown", "$7.50", "brown")):
        assert f"{client}, {amount} (by-hand-{payment_id}): The amount was typed, so enter" in listed
    row = counter.agent.get("/v1/payments/by-hand-brown")["payment"]["to_enter"][0]
    assert (row["client"], row["amount"]["text"], row["method"]) == ("Brown", "$7.50", "Tillbridge")
    shown = counter.command("show", "by-hand-brown").text
    assert f"What to enter: Brown, $7.50, method Tillbridge, number {row['number']}." in shown
    counter.command("resume", "by-hand-brown", "--do", "posted", "--person", "Dana")
    assert "What to enter" not in counter.command("show", "by-hand-brown").text
    assert "Dana says it is in the books." in counter.command("show", "by-hand-brown").text


# ---- looked at, and a rest ----


def _noted(desk: InMemory, task: str) -> None:
    def note(engine: Any) -> None:
        payment = engine.journal.payment("payment-0001")
        event = engine._event(PaymentEvent.NOTED, "", {"code": task, "task": task})
        engine._append("payment-0001", payment, (event,))

    desk.runner.ask(note)


def test_a_named_person_ends_a_task(desk: InMemory) -> None:
    desk.pay()
    desk.finished()
    _noted(desk, "over_returned")
    assert desk.told("payment-0001")["tasks"] == ["over_returned"]
    with pytest.raises(OperatorError) as refused:
        desk.ask("end_task", "payment-0001", {"task": "over_returned"})
    assert refused.value.code == "person_missing"
    desk.ask("end_task", "payment-0001", {"task": "over_returned", "person": "Dana"})
    assert desk.told("payment-0001")["finished"]
    last = desk.ask("show", "payment-0001")["story"][-1]["told"]
    assert last.startswith("Dana has looked at this: More was given back")


class _Listing(AgentClient):
    def __init__(self, *tasks: str) -> None:
        object.__setattr__(self, "tasks", tasks)

    def get(self, path: str, **params: str | int) -> dict[str, Any]:
        return {"payment": {"tasks": list(self.tasks)}}  # type: ignore[attr-defined]


def test_the_only_task_need_not_be_named_and_one_of_several_must() -> None:
    assert _task(_Listing("over_returned"), "p") == "over_returned"
    with pytest.raises(OperatorError) as refused:
        _task(_Listing("over_returned", "restored"), "p")
    assert refused.value.code == "task_missing"
    assert refused.value.facts["tasks"] == "over_returned, restored"


def test_a_rest_that_does_not_fit_is_kept_by_a_named_person(desk: InMemory) -> None:
    """A colleague took cash while the client tapped: the person decides, and the software gets the whole amount."""
    desk.screen.busy = True
    desk.pay()
    until(lambda: desk.told("payment-0001")["charged"] == "yes", "it is taken")
    desk.screen.balance = usd(16_240)
    desk.screen.busy = False
    desk.ask("resume", "payment-0001", {})
    until(lambda: desk.told("payment-0001")["posting_state"] == "needs_attention", "a person is asked")
    told = desk.told("payment-0001")
    marker = told["postings"][-1]["marker"]
    assert "$212.40 was taken, and only $162.40 is still owed." in told["postings"][-1]["reason_text"]
    desk.ask("keep_rest", "payment-0001", {"marker": marker, "person": "Dana"})
    desk.ask("resume", "payment-0001", {})
    desk.finished()
    assert [row.amount.minor for row in desk.screen.books] == [OWED]


def test_a_typed_amount_is_attached_to_the_invoice_on_the_screen_and_goes_in_by_itself(
    desk: InMemory,
) -> None:
    desk.pay("typed-0001", typed=True, client="Somebody", amount="12.00")
    until(lambda: desk.told("typed-0001")["charged"] == "yes", "it is taken")
    with pytest.raises(OperatorError) as other:
        desk.ask("attach", "typed-0001", {"person": "Dana", "client": "Brown, Jo"})
    assert other.value.code == "other_client", "the face showed somebody else"
    desk.ask("attach", "typed-0001", {"person": "Dana"})
    told = desk.finished("typed-0001")
    assert (told["client"], told["invoice_number"]) == ("Alvarez, Rosa", "10482")
    assert [row.amount.minor for row in desk.screen.books] == [1_200]
    story = " ".join(step["told"] for step in desk.ask("show", "typed-0001")["story"])
    assert "Dana says whose it is: Alvarez, Rosa. It goes in by itself." in story


def test_a_payment_goes_on_although_somebody_is_entering_one_when_the_person_says_so(
    counter: Counter,
) -> None:
    """On the command line: the flag arrives (a typed amount has no window that could be open)."""
    counter.simulator.press("pull")
    told = counter.command(*TYPED, "--amount", "1.00", "--anyway")
    counter.simulator.press("plug")
    assert "The terminal is not answering." in told.text


def test_at_the_end_of_the_day_what_was_entered_is_looked_at_once_more(desk: InMemory) -> None:
    desk.pay()
    desk.finished()
    assert desk.ask("recheck")["count"] == 1
    assert desk.told("payment-0001")["finished"]


def test_the_end_of_the_day_may_be_said_on_the_command_line(counter: Counter) -> None:
    assert "Payments that are looked at once more: 0." in counter.command("recheck").text
