"""The fake keeps the promises that tests of flows rely on."""

from __future__ import annotations

from tillbridge.screen.backend import (
    Burst,
    Check,
    Choose,
    Disagree,
    Evidence,
    Found,
    Missing,
    Press,
    SetText,
    Several,
    Target,
)
from tillbridge.screen.backends.fake import FakeBackend, FakeControl, FakeWindow


def _payment() -> tuple[FakeBackend, FakeWindow]:
    window = FakeWindow(
        "Payment",
        [
            FakeControl("edit", id="amount", label="Amount"),
            FakeControl("choice", id="method", options=("Cash", "Visa"), ways=frozenset({"keys"})),
            FakeControl("button", id="ok", name="OK"),
            FakeControl("button", id="again", name="OK"),
        ],
    )
    return FakeBackend(window), window


def _by(role: str, **evidence: str) -> Target:
    return Target("x", role, tuple(Evidence(k, v) for k, v in evidence.items()))  # type: ignore[arg-type]


def test_evidence_must_agree_on_one_control() -> None:
    fake, window = _payment()
    handle = fake.handle(window)
    found, several, disagree, missing = fake.resolve(
        handle,
        [
            _by("edit", id="amount", label="Amount:"),
            _by("button", name="OK"),
            _by("button", id="ok", only=""),
            _by("edit", id="nothing"),
        ],
    )
    assert isinstance(found, Found)
    assert several == Several(2, "name")
    assert disagree == Several(2, "only")
    assert missing == Missing(("id",))
    assert fake.resolve(handle, [_by("edit", id="amount", label="Tip")]) == [Disagree(("id", "label"))]


def test_a_difference_keeps_the_commit_from_being_sent() -> None:
    fake, window = _payment()
    amount, ok = fake._node(window["amount"]), fake._node(window["ok"])
    check = Check(amount, "text", frozenset({"12.00"}))
    report = fake.burst(Burst(1, (SetText(amount, "13.00"),), (check,), Press(ok)))
    assert (report.stage, report.differences[0].seen) == ("not_committed", "13.00")
    assert fake.burst(Burst(2, (SetText(amount, "12.00"),), (check,), Press(ok))).stage == "committed"
    assert fake.burst(Burst(2, (), (), Press(ok))).cause == "repeated"


def test_a_choice_takes_only_the_ways_that_work() -> None:
    fake, window = _payment()
    method = fake._node(window["method"])
    assert fake.burst(Burst(1, (Choose(method, "Visa", ("pick",)),))).code == "value_not_taken"
    assert fake.burst(Burst(2, (Choose(method, "Visa"),))).acts_done == 1
    assert window["method"].text == "Visa"


def test_nothing_is_pressed_below_a_modal_window() -> None:
    fake, window = _payment()
    ok = fake._node(window["ok"])
    fake.open.append(FakeWindow("Locked", kind="dialog", modal=True, owner=window))
    assert fake.burst(Burst(1, (), (), Press(ok))).code == "owner_disabled"
    assert not fake.windows(fake.program)[1].enabled
    assert fake.log == []
