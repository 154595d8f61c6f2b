"""Terminals and the desks that want them: one desk at a time, and never armed while nobody knows what runs there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from tests.engine.counters import FRONT, payment, sent
from tests.engine.scripted_desk import ASKED, PAID, Desk, request, usd
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.lease import Lease
from tillbridge.domain.money_leg import MoneyState
from tillbridge.domain.next_command import Inquire, Send
from tillbridge.domain.outcome import (
    Approved,
    Cancelled,
    CannotTell,
    Declined,
    Found,
    Inquiry,
    NotFound,
    NotSent,
    Outcome,
    Pending,
    Unknown,
)
from tillbridge.engine.cashier import Engine
from tillbridge.engine.leasing import LEASE_MS
from tillbridge.engine.policy import HOUR, MINUTE, SECOND, Policy
from tillbridge.engine.work import Send as SendWork
from tillbridge.journal.memory import MemoryJournal
from tillbridge.ports.gateway import Terminal
from tillbridge.testing.world import CountedIds, run

WAITS = Pending(kind="terminal")
HORIZON_MS = 3 * MINUTE


def lease(desk: Desk) -> Lease:
    found = desk.engine.lease_of(FRONT)
    assert found is not None
    return found


def another(desk: Desk, name: str = "Desk 2") -> Engine:
    """A second desk of the site, with its own journal."""
    first = desk.engine
    return Engine(
        journal=MemoryJournal(name, desk.journal.site),
        gateway=first.gateway,
        practice=first.practice,
        clock=desk.clock,
        ids=CountedIds(5_000),
        policy=Policy(payment_method="Card", employee="Kim", desk=name),
    )


def in_use(engine: Engine, **changes: Any) -> dict[str, Any]:
    with pytest.raises(OperatorError) as refused:
        engine.begin(request(**changes))
    assert refused.value.code == "terminal_in_use"
    return dict(refused.value.facts)


# ---------------------------------------------------------------- one desk at a time


def test_a_terminal_in_use_at_another_desk_is_said_and_nothing_is_written(desk: Desk) -> None:
    other = another(desk)
    desk.begin()
    assert in_use(other) == {"terminal": FRONT, "desk": "Desk 1"}
    assert list(other.journal.since(0)) == []


def test_a_second_payment_of_the_same_desk_waits_for_the_terminal_too(desk: Desk) -> None:
    desk.begin(minor=100)
    assert in_use(desk.engine, payment_id="p2", minor=100) == {"terminal": FRONT, "desk": "Desk 1"}
    assert desk.engine.begin(request(100, payment_id="p2", terminal_id="front-desk-2")).payment_id == "p2"


@pytest.mark.parametrize(
    "end", [PAID, Declined(category="funds", retry="other_card"), Cancelled(by="client"), NotSent(code="x")]
)
def test_a_terminal_is_free_for_the_other_desk_with_the_event_that_ends_it(desk: Desk, end: Outcome) -> None:
    desk.gateway.started = end
    other = another(desk)
    sent(desk.engine, desk.begin())
    assert other.begin(request()).payment_id == "p1"
    assert (lease(desk).desk, lease(desk).fence, lease(desk).needs_idle) == ("Desk 2", 2, False)


def test_a_refused_payment_leases_nothing(desk: Desk) -> None:
    with pytest.raises(OperatorError, match="not_chargeable"):
        desk.begin(minor=ASKED + 1)
    assert desk.engine.lease_of(FRONT) is None


def test_a_new_attempt_leases_the_terminal_again(desk: Desk) -> None:
    desk.gateway.started = Declined(category="funds", retry="other_card")
    other = another(desk)
    sent(desk.engine, desk.begin())
    desk.engine.try_again("p1")
    assert in_use(other)["desk"] == "Desk 1"


def test_a_terminal_that_is_used_for_long_stays_leased(desk: Desk) -> None:
    desk.gateway.started, desk.gateway.told = WAITS, Found(outcome=WAITS)
    sent(desk.engine, desk.begin())
    run(desk.engine, desk.clock, desk.clock.now_ms + 4 * LEASE_MS)
    assert desk.state() is MoneyState.RUNNING
    assert desk.clock.now_ms - lease(desk).since.mono_ms <= 2 * MINUTE


# ---------------------------------------------------------------- before anything is sent


@pytest.mark.parametrize(("state", "code"), [("busy", "terminal_busy"), ("offline", "terminal_offline")])
def test_busy_and_offline_are_said_before_anything_is_sent(desk: Desk, state: Any, code: str) -> None:
    desk.gateway.states[FRONT] = state
    after = sent(desk.engine, desk.begin())
    attempt = after.attempts[-1]
    assert (attempt.state, attempt.reason, after.charged) == (MoneyState.NOT_SENT, code, "no")
    assert "start" not in desk.gateway.calls
    assert lease(desk).free


def test_a_list_of_terminals_that_cannot_be_had_stops_nobody(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> list[Terminal]:
        raise OSError("no route")

    monkeypatch.setattr(desk.gateway, "terminals", broken)
    assert sent(desk.engine, desk.begin()).charged == "yes"


def test_after_an_unknown_end_the_terminal_is_armed_only_when_it_was_seen_idle(unknown: Desk) -> None:
    engine, states = unknown.engine, unknown.gateway.states
    unknown.gateway.started = Approved(amount=usd(100), gateway_ref="g2")
    for number, state in enumerate(("busy", None, "offline")):
        states.clear()
        if state is not None:
            states[FRONT] = cast("Any", state)
        refused = sent(engine, engine.begin(payment(f"p-{number}")))
        assert refused.attempts[-1].state is MoneyState.NOT_SENT, state
    assert unknown.gateway.calls.count("start") == 1
    states[FRONT] = "idle"
    assert sent(engine, engine.begin(payment("p-9"))).charged == "yes"
    assert not lease(unknown).needs_idle


def test_what_was_never_armed_leaves_the_doubt_as_it_was(unknown: Desk) -> None:
    begun = unknown.engine.begin(payment("p-2"))
    unknown.engine.cancel(begun.payment_id)
    assert (lease(unknown).free, lease(unknown).needs_idle) == (True, True)


def test_a_desk_that_slept_until_its_lease_ran_out_sends_nothing(desk: Desk) -> None:
    begun = desk.begin()
    task = desk.engine.start("p1", Send(begun.attempts[-1].reference))
    assert task is not None
    assert isinstance(task.work, SendWork)
    desk.wait(LEASE_MS)
    result = desk.engine.perform(task)
    desk.engine.finish(task, result)
    assert result == NotSent(code="terminal_lost", facts={"terminal": FRONT, "desk": "Desk 1"})
    assert desk.state() is MoneyState.NOT_SENT
    assert "start" not in desk.gateway.calls


def test_a_desk_that_lost_the_terminal_before_sending_says_whose_it_is(desk: Desk) -> None:
    begun = desk.begin()
    site = desk.journal.site
    site._leases["/front-desk-1"] = lease_of_another(lease(desk))
    after = sent(desk.engine, begun)
    assert (after.attempts[-1].state, after.attempts[-1].reason) == (MoneyState.NOT_SENT, "terminal_in_use")
    assert (lease(desk).desk, lease(desk).reference) == ("Desk 2", "R-other")
    assert "start" not in desk.gateway.calls


def lease_of_another(mine: Lease) -> Lease:
    return Lease(
        terminal=mine.terminal, desk="Desk 2", reference="R-other", fence=mine.fence + 2, since=mine.since,
        length_ms=mine.length_ms,
    )  # fmt: skip


# ---------------------------------------------------------------- crashes and take-over


def test_a_crash_after_the_intent_leaves_the_terminal_leased_and_it_is_sent_then(desk: Desk) -> None:
    begun = desk.begin()
    desk.restarted().recover()
    assert lease(desk).reference == begun.attempts[-1].reference
    assert sent(desk.engine, begun).charged == "yes"
    assert lease(desk).free


def test_a_crash_while_it_runs_lets_go_and_asks_for_an_idle_look(desk: Desk) -> None:
    desk.gateway.started = WAITS
    sent(desk.engine, desk.begin())
    desk.restarted().recover()
    assert (lease(desk).free, lease(desk).needs_idle) == (True, True)
    desk.gateway.told = Found(outcome=WAITS)
    desk.wait(5 * SECOND)
    desk.step(Inquire)
    assert desk.state() is MoneyState.RUNNING
    assert not lease(desk).free


def test_what_turns_out_to_run_after_all_takes_the_terminal_from_nobody(desk: Desk) -> None:
    desk.gateway.started = WAITS
    sent(desk.engine, desk.begin())
    desk.restarted().recover()
    theirs = another(desk).begin(request())
    desk.gateway.told = Found(outcome=WAITS)
    desk.wait(5 * SECOND)
    desk.step(Inquire)
    assert desk.state() is MoneyState.RUNNING
    assert lease(desk).reference == theirs.attempts[-1].reference


def test_a_lease_that_no_payment_explains_is_let_go_at_the_start(desk: Desk) -> None:
    begun = desk.begin()
    fresh = MemoryJournal("restored", desk.journal.site)
    desk.journal = fresh
    desk.restarted().recover()
    assert lease(desk).free
    assert lease(desk).needs_idle
    assert fresh.payment(begun.payment_id) is None


def test_a_restart_lets_go_of_nobody_elses_terminal(desk: Desk) -> None:
    theirs = another(desk).begin(request())
    desk.restarted().recover()
    assert lease(desk).reference == theirs.attempts[-1].reference


@pytest.mark.parametrize("running", [True, False])
def test_a_desk_that_was_given_another_name_keeps_its_terminal(desk: Desk, running: bool) -> None:
    desk.gateway.started = WAITS
    begun = desk.begin()
    if running:
        sent(desk.engine, begun)
    renamed = replace(desk.restarted(), policy=Policy(payment_method="Card", desk="Reception"))
    renamed.recover()
    assert lease(desk).free is running
    desk.gateway.started = PAID
    mine = begun if not running else renamed.begin(payment("p-2"))
    sent(renamed, mine)
    assert (lease(desk).free, lease(desk).desk) == (True, "Reception")


def gone(desk: Desk) -> tuple[Engine, Lease]:
    """Desk 1 armed the terminal and is heard of no more."""
    desk.gateway.started = WAITS
    sent(desk.engine, desk.begin())
    return another(desk), lease(desk)


def look(desk: Desk, engine: Engine, old: Lease, told: Inquiry) -> Lease:
    shown = desk.gateway.terminals()
    return engine.take_over(old, shown, told, desk.clock.now(), HORIZON_MS)


OVER: list[Inquiry] = [Found(outcome=PAID), Found(outcome=Cancelled(by="timeout")), NotFound()]


@pytest.mark.parametrize("told", OVER)
def test_another_desk_takes_over_what_ran_out_is_idle_and_over(desk: Desk, told: Inquiry) -> None:
    other, old = gone(desk)
    desk.wait(LEASE_MS + HORIZON_MS)
    freed = look(desk, other, old, told)
    assert (freed.free, freed.fence, freed.needs_idle) == (True, old.fence + 1, True)
    desk.gateway.started = PAID
    assert sent(other, other.begin(request())).charged == "yes"


@pytest.mark.parametrize(
    "told", [Found(outcome=WAITS), Found(outcome=Unknown(cause="?")), CannotTell(cause="x")]
)
def test_what_may_still_come_is_not_taken_over(desk: Desk, told: Inquiry) -> None:
    other, old = gone(desk)
    desk.wait(HOUR)
    with pytest.raises(OperatorError, match="terminal_in_use"):
        look(desk, other, old, told)


def test_what_has_not_run_out_or_is_not_idle_is_not_taken_over(desk: Desk) -> None:
    other, old = gone(desk)
    desk.wait(LEASE_MS - 1)
    with pytest.raises(OperatorError, match="terminal_in_use"):
        look(desk, other, old, OVER[0])
    desk.wait(1)
    with pytest.raises(OperatorError, match="terminal_in_use"):
        look(desk, other, old, NotFound())
    desk.gateway.states[FRONT] = "busy"
    with pytest.raises(OperatorError, match="terminal_in_use"):
        look(desk, other, old, OVER[0])
    assert lease(desk) == old


def test_two_that_want_to_take_over_get_it_once(desk: Desk) -> None:
    other, old = gone(desk)
    third = another(desk, "Desk 3")
    desk.wait(HOUR)
    look(desk, other, old, OVER[0])
    with pytest.raises(OperatorError, match="terminal_lost"):
        look(desk, third, old, OVER[0])


def test_a_result_of_the_old_attempt_stays_with_its_own_desk(desk: Desk) -> None:
    other, old = gone(desk)
    desk.wait(HOUR)
    look(desk, other, old, OVER[0])
    desk.gateway.started = WAITS
    mine = sent(other, other.begin(request(200)))
    desk.gateway.told = Found(outcome=PAID)
    desk.step(Inquire)
    assert desk.state() is MoneyState.APPROVED
    found = other.journal.payment("p1")
    assert found is not None
    assert found.charged == "finding_out" or found.attempts[-1].state is MoneyState.RUNNING
    assert lease(desk).reference == mine.attempts[-1].reference
