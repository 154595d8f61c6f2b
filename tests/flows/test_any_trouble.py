"""Any mixture of dialogs, typing people, silence and lost channels: what a report proves is true in the books."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.flows.fake_impromed import Clinic, order
from tillbridge.ports.practice import LedgerSeen
from tillbridge.screen.backends.fake import FakeControl

DIALOGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Client has a credit balance of $25.00. Apply it?", ("Yes", "No", "Cancel")),
    ("This client is in use by workstation FRONT2 (Kim).", ("Retry", "View Only", "Cancel")),
    ("A payment of $212.40 was already entered today. Continue?", ("Yes", "No")),
    ("Amount exceeds balance. Post as unapplied credit?", ("Yes", "No")),
    ("The period ending 06/30 has been closed.", ("OK",)),
    ("Waiting for terminal...", ("Cancel",)),
    ("Print receipt?", ("Yes", "No")),
    ("Printer not ready", ("Retry", "Cancel")),
    ("Timeout expired.", ("Retry", "Exit")),
    ("A new version is available. Install now?", ("Yes", "Later")),
    ("Something that nobody knows.", ("OK", "Cancel")),
)
MAYBE_DIALOG = st.none() | st.sampled_from(DIALOGS)


@dataclass(frozen=True)
class Faults:
    opening: tuple[str, tuple[str, ...]] | None
    opens_anyway: bool
    filling: tuple[str, tuple[str, ...]] | None
    late: tuple[str, tuple[str, ...]] | None
    posts: bool
    stays: bool
    lost: str
    typed_over: int
    silent: int
    other_client: bool
    cash: bool


FAULTS = st.builds(
    Faults,
    opening=MAYBE_DIALOG,
    opens_anyway=st.booleans(),
    filling=MAYBE_DIALOG,
    late=MAYBE_DIALOG,
    posts=st.booleans(),
    stays=st.booleans(),
    lost=st.sampled_from(["", "", "before", "after"]),
    typed_over=st.integers(0, 6),
    silent=st.sampled_from([0, 0, 3, 90]),
    other_client=st.booleans(),
    cash=st.booleans(),
)


def arrange(clinic: Clinic, faults: Faults) -> None:
    software = clinic.software
    software.opens_anyway = faults.opens_anyway
    if faults.opening or faults.other_client:
        software.on_opening = _once(lambda: _opening(clinic, faults))
    software._method_set = _after(software._method_set, faults.filling, clinic)  # type: ignore[method-assign,assignment]
    software._amount_set = _stray(software._amount_set, faults.typed_over)  # type: ignore[method-assign,assignment]
    clinic.guard.touched = faults.typed_over
    software.on_commit = lambda: _committed(clinic, faults)
    software.backend.lose_commit = faults.lost  # type: ignore[assignment]
    if faults.cash:
        software.invoices["10482"] -= 5000
        software.draw()


def _opening(clinic: Clinic, faults: Faults) -> None:
    if faults.opening:
        clinic.software.ask(faults.opening[0], *faults.opening[1])
    if faults.other_client:
        clinic.software.account = "00911"
        clinic.software.draw()


def _once(act: Callable[[], object]) -> Callable[[], object]:
    left = iter((True,))
    return lambda: act() if next(left, False) else None


def _after(
    does: Callable[[FakeControl], None], dialog: tuple[str, tuple[str, ...]] | None, clinic: Clinic
) -> Callable[[FakeControl], None]:
    left = iter((True,))

    def both(control: FakeControl) -> None:
        does(control)
        if dialog and next(left, False):
            clinic.software.ask(dialog[0], *dialog[1])

    return both


def _stray(does: Callable[[FakeControl], None], times: int) -> Callable[[FakeControl], None]:
    left = iter(range(times))

    def both(control: FakeControl) -> None:
        if next(left, None) is not None:
            control.text += "7"
        does(control)

    return both


def _committed(clinic: Clinic, faults: Faults) -> None:
    software = clinic.software
    if faults.posts:
        software.commit()
    if not faults.stays:
        software.close_payment()
    if faults.late:
        software.ask(faults.late[0], *faults.late[1])
    if faults.silent:
        _silent(clinic, faults.silent)


def _silent(clinic: Clinic, seconds: int) -> None:
    backend = clinic.software.backend
    ping, end = backend.ping, backend.now + seconds

    def wakes(program: object, timeout_s: float) -> float | None:
        backend.hung = backend.now < end
        return ping(program, timeout_s)  # type: ignore[arg-type]

    backend.ping = wakes  # type: ignore[method-assign]
    backend.hung = True


@settings(max_examples=120)
@given(FAULTS)
def test_a_report_never_claims_what_the_books_do_not_hold(faults: Faults) -> None:
    clinic = Clinic()
    arrange(clinic, faults)
    report = clinic.practice.post(order())
    rows = clinic.software.posted
    assert len(rows) <= 1, "nothing is ever posted twice"
    if report.stage == "not_committed":
        assert rows == []
    if rows:
        assert rows[0][2:7] == ["Tillbridge", "-$212.40", "V4242-K7Q9", "10482", "Dana Brooks"]
        assert not faults.other_client
    if report.stage == "committed":
        assert report.trouble is None
    else:
        assert report.trouble is not None
        assert report.trouble.code


@settings(max_examples=60)
@given(FAULTS)
def test_a_look_after_any_trouble_finds_the_row_or_says_why_it_cannot(faults: Faults) -> None:
    clinic = Clinic()
    arrange(clinic, faults)
    clinic.practice.post(order())
    seen = clinic.practice.read_ledger(order())
    if isinstance(seen, LedgerSeen):
        assert [row.amount.minor for row in seen.marked] == [21240] * len(clinic.software.posted)
        if not seen.marked:
            assert clinic.software.posted == []
