"""Waiting counts the time in which the program answers; silence is counted apart. No test here sleeps."""

from __future__ import annotations

import pytest

from tillbridge.screen.backends.fake import FakeBackend, FakeControl, FakeWindow
from tillbridge.screen.condition import Hung, Waiter
from tillbridge.screen.deadline import Deadline, measure_slowness


def _waiter(budget_s: float = 5, hang_s: float = 30, slowness: float = 1.0) -> tuple[FakeBackend, Waiter]:
    fake = FakeBackend(FakeWindow("Main", [FakeControl("edit", id="amount", text="1")]))
    deadline = Deadline(lambda: fake.now, budget_s=budget_s, hang_s=hang_s, slowness=slowness)
    return fake, Waiter(fake, fake.program, deadline)


def test_a_condition_that_holds_costs_no_time() -> None:
    fake, waiter = _waiter()
    assert waiter.until(lambda: "there") == "there"
    assert fake.now == 0.0


def test_a_condition_that_never_holds_ends_with_the_budget() -> None:
    fake, waiter = _waiter(budget_s=5)
    assert waiter.until(lambda: None) is None
    assert fake.now == pytest.approx(5, abs=0.3)
    assert waiter.deadline.over


def test_a_change_on_the_screen_is_looked_at_at_once() -> None:
    fake, waiter = _waiter()
    amount = fake.open[0]["amount"]
    node = fake._node(amount)
    fake.later.append(lambda: setattr(amount, "text", "2"))
    assert waiter.value(node, {"2"})
    assert fake.now < 0.1


def test_the_budget_stretches_with_a_slow_machine() -> None:
    fake, waiter = _waiter(budget_s=5, slowness=3)
    assert waiter.until(lambda: None) is None
    assert fake.now == pytest.approx(15, abs=0.3)


def test_time_in_which_the_program_hangs_does_not_eat_the_budget() -> None:
    fake, waiter = _waiter(budget_s=2, hang_s=30)
    fake.hung = True
    asked = []

    def look() -> bool:
        asked.append(fake.now)
        if fake.now > 20:
            fake.hung = False
        fake._answer()
        return True

    def wake(limit_s: float = 1.0) -> float | None:
        fake.now += limit_s
        fake.hung = fake.now <= 20
        return None if fake.hung else 0.001

    fake.ping = lambda program, timeout_s: wake(timeout_s)  # type: ignore[method-assign]
    assert waiter.until(look) is True
    assert fake.now > 20
    assert waiter.deadline.used_s() < 2


def test_a_program_that_stays_silent_is_hung_and_not_gone() -> None:
    fake, waiter = _waiter(hang_s=10)
    fake.hung = True
    with pytest.raises(Hung):
        waiter.patiently(lambda: fake.windows(fake.program))
    assert 10 < fake.now < 13


def test_a_window_that_closed_is_gone_and_one_that_stays_is_not() -> None:
    fake, waiter = _waiter()
    window = fake.open[0]
    handle = fake.handle(window)
    assert not waiter.gone(handle, for_s=1)
    fake.later.append(fake.open.clear)
    assert waiter.gone(handle, for_s=1)


def test_a_hidden_control_is_waited_for_until_it_shows() -> None:
    fake, waiter = _waiter()
    amount = fake.open[0]["amount"]
    amount.shown = False
    node = fake._node(amount)
    fake.later.append(lambda: None)
    fake.later.append(lambda: setattr(amount, "shown", True))
    assert waiter.shown(node)


def test_something_is_settled_when_it_has_been_the_same_for_a_while() -> None:
    fake, waiter = _waiter()
    values = iter([1, 2, 3, 3, 3, 3, 3, 3])
    assert waiter.settled(lambda: next(values), for_s=4, quiet_s=0.6) == 3
    assert waiter.settled(lambda: fake.now, for_s=2, quiet_s=0.6) is None


def test_the_speed_of_a_machine_is_never_better_than_usual_and_never_absurd() -> None:
    ticks = iter(range(100))
    assert measure_slowness(lambda: next(ticks) * 1.0) == 20.0
    assert measure_slowness(lambda: 0.0) == 1.0
