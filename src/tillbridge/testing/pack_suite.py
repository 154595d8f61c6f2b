"""What every pack must prove on its running software, as a suite to inherit from.

Subclass `PackSuite` in a test module and give it a fixture `software`: the program, open on a client with an open
invoice, and how its own books can be read. A pack that passes reads right, posts once, and leaves no trace else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tillbridge.flows.fingerprint import Recognised, recognise
from tillbridge.flows.lint import lint
from tillbridge.flows.practice import PackPractice
from tillbridge.flows.shelf import folders, shelf, sound
from tillbridge.flows.steps import WRITERS
from tillbridge.flows.survey import Survey
from tillbridge.ports.practice import InvoiceSeen, LedgerSeen, PostingOrder, SoftwareSeen
from tillbridge.screen.backend import Backend


@dataclass(frozen=True, slots=True)
class Booked:
    """One payment as the software's own books hold it, read without the pack."""

    invoice_number: str
    amount_minor: int
    reference: str


class SoftwareUnderTest(Protocol):
    """The running program and its judge."""

    @property
    def pack(self) -> Path:
        """The folder of the pack under test."""
        ...

    @property
    def others(self) -> Sequence[Path]:
        """Further shelves whose packs must not take this program for theirs."""
        ...

    @property
    def backend(self) -> Backend: ...

    @property
    def practice(self) -> PackPractice:
        """With every setting that the pack asks for."""
        ...

    @property
    def order(self) -> PostingOrder:
        """A posting that fits the invoice on the screen; its balance is the invoice's."""
        ...

    @property
    def further(self) -> Sequence[PostingOrder]:
        """One order of each kind that the pack knows beside the sale (one flow under two names: once), in an order in
        which each can be posted behind those before it."""
        ...

    def booked(self) -> Sequence[Booked]:
        """Every payment in the software's own books; money that went back, and what was reversed, below zero."""
        ...

    def ledger(self, order: PostingOrder) -> LedgerSeen:
        """The ledger once a row of this order may be in it: reads again until the pack's settling time is over."""
        ...


class PackSuite:
    """Inherit, and add nothing but the fixture."""

    def test_the_pack_is_sound(self, software: SoftwareUnderTest) -> None:
        assert [str(finding) for finding in lint(software.pack)] == []

    def test_exactly_this_version_is_recognised(self, software: SoftwareUnderTest) -> None:
        mine = sound(software.pack)
        seen = software.practice.identify()
        assert isinstance(seen, SoftwareSeen), seen
        assert (seen.software, seen.version) == (mine.software, mine.version)

    def test_no_other_pack_takes_this_program_for_its_own(self, software: SoftwareUnderTest) -> None:
        mine = sound(software.pack)
        shelves = [shelf(), *software.others]
        packs = [sound(folder) for root in shelves for folder in folders(root)]
        strangers = [pack for pack in packs if pack.key != mine.key]
        found = recognise(software.backend, strangers)
        assert not isinstance(found, Recognised), found.pack.key
        among_all = recognise(software.backend, [mine, *strangers])
        assert isinstance(among_all, Recognised)
        assert among_all.pack.key == mine.key

    def test_every_locator_points_at_exactly_one_control(self, software: SoftwareUnderTest) -> None:
        seen = software.practice.survey(software.order)
        assert isinstance(seen, Survey), seen
        assert seen.wrong == {}
        assert seen.right

    def test_every_setting_is_one_that_the_software_offers(self, software: SoftwareUnderTest) -> None:
        seen = software.practice.survey(software.order)
        assert isinstance(seen, Survey), seen
        said = {
            **software.practice.desk.settings,
            "payment_method": software.order.payment_method,
            "employee": software.order.employee,
        }
        missing = {name: said[name] for name, offered in seen.offered.items() if said[name] not in offered}
        assert missing == {}

    def test_the_open_invoice_is_read_as_it_is(self, software: SoftwareUnderTest) -> None:
        seen = software.practice.read_invoice()
        assert isinstance(seen, InvoiceSeen), seen
        order = software.order
        assert (seen.account_id, seen.invoice_number) == (order.account_id, order.invoice_number)
        assert seen.client == order.client
        assert seen.balance == order.balance

    def test_a_rehearsal_leaves_no_trace(self, software: SoftwareUnderTest) -> None:
        before = (software.practice.read_invoice(), _titles(software.backend), list(software.booked()))
        report = software.practice.rehearse(software.order)
        assert (report.stage, report.trouble) == ("not_committed", None), report.transcript
        assert (
            software.practice.read_invoice(),
            _titles(software.backend),
            list(software.booked()),
        ) == before

    def test_a_posting_is_in_the_books_once_and_found_again(self, software: SoftwareUnderTest) -> None:
        order, before = software.order, list(software.booked())
        empty = software.practice.read_ledger(order)
        assert isinstance(empty, LedgerSeen), empty
        assert empty.marked == ()
        report = software.practice.post(order)
        assert (report.stage, report.trouble) == ("committed", None), report.transcript
        seen = software.ledger(order)
        [row] = seen.marked
        assert row.amount == order.amount
        added = [booked for booked in software.booked() if booked not in before]
        wanted = Booked(order.invoice_number, order.amount.minor, order.marker)
        assert added == [wanted]

    def test_every_further_kind_of_the_pack_is_in_this_suite(self, software: SoftwareUnderTest) -> None:
        flows = sound(software.pack).flows
        kinds = {kind for kind, name in WRITERS.items() if name in flows and not flows[name].same_as}
        assert {order.kind for order in software.further} == kinds - {"sale"}

    def test_every_further_kind_is_in_the_books_once_and_found_again(
        self, software: SoftwareUnderTest
    ) -> None:
        for order in software.further:
            before, titles = list(software.booked()), _titles(software.backend)
            if order.of_marker:
                rehearsed = software.practice.rehearse(order)
                assert (rehearsed.stage, rehearsed.trouble) == ("not_committed", None), rehearsed.transcript
                assert (list(software.booked()), _titles(software.backend)) == (before, titles)
            report = software.practice.post(order)
            assert (report.stage, report.trouble) == ("committed", None), report.transcript
            [row] = software.ledger(order).marked
            minor = order.amount.minor if order.kind == "deposit" else -order.amount.minor
            assert (row.amount.minor, row.reference) == (minor, order.marker)
            added = [booked for booked in software.booked() if booked not in before]
            assert [(one.amount_minor, one.reference) for one in added] == [(minor, order.marker)]
            assert _titles(software.backend) == titles

    def test_another_client_is_never_posted_to(self, software: SoftwareUnderTest) -> None:
        before = list(software.booked())
        report = software.practice.post(_for_somebody_else(software.order))
        assert report.stage == "not_committed", report.transcript
        assert report.trouble is not None
        assert list(software.booked()) == before


def _titles(backend: Backend) -> list[str]:
    return sorted(window.title for program in backend.programs() for window in backend.windows(program))


def _for_somebody_else(order: PostingOrder) -> PostingOrder:
    return PostingOrder(
        payment_id=order.payment_id,
        kind=order.kind,
        account_id=f"{order.account_id}-other",
        client=f"{order.client}-other",
        invoice_number=order.invoice_number,
        amount=order.amount,
        marker=order.marker,
        balance=order.balance,
        payment_method=order.payment_method,
        employee=order.employee,
    )
