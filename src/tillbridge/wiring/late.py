"""The practice software that may not be there yet, or went away: connected to at the first use and again later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from tillbridge.domain.errors import Fact, SetupError
from tillbridge.engine.work import cause_of
from tillbridge.ports.practice import (
    AccountSeen,
    InvoiceSeen,
    LedgerSeen,
    PostingOrder,
    PostingReport,
    Practice,
    SoftwareSeen,
    Trouble,
)

T = TypeVar("T")


class LatePractice:
    """The practice software, connected to at the first use and again after the desktop went away.

    A missing screen is a Trouble, never an end: cards still work (rule 13). Owned by the screen's thread.
    """

    def __init__(self, name: str, make: Callable[[], Practice]) -> None:
        self._name, self._make = name, make
        self._made: Practice | None = None
        self.complaint = ""

    def identify(self) -> SoftwareSeen | Trouble:
        return self._with(lambda practice: practice.identify())

    def read_invoice(self) -> InvoiceSeen | Trouble:
        return self._with(lambda practice: practice.read_invoice())

    def read_ledger(self, order: PostingOrder) -> LedgerSeen | Trouble:
        """A typed amount without an account cannot be looked for: a person enters it (rule 13)."""
        if not order.account_id:
            return self._named(enter_yourself(order))
        return self._with(lambda practice: practice.read_ledger(order))

    def read_account(self, order: PostingOrder) -> AccountSeen | Trouble:
        if not order.account_id:
            return self._named(enter_yourself(order))
        return self._with(lambda practice: practice.read_account(order))

    def list_payment_methods(self) -> tuple[str, ...] | Trouble:
        return self._with(lambda practice: practice.list_payment_methods())

    def post(self, order: PostingOrder) -> PostingReport:
        if not order.account_id:
            return PostingReport(stage="not_committed", trouble=self._named(enter_yourself(order)))
        return self._reported(lambda practice: practice.post(order))

    def rehearse(self, order: PostingOrder) -> PostingReport:
        return self._reported(lambda practice: practice.rehearse(order))

    def idle_s(self) -> float:
        found = self._with(lambda practice: practice.idle_s())
        return 0.0 if isinstance(found, Trouble) else found

    def close(self) -> None:
        """Let the desktop go. One that ended by itself complains when it is told so; `complaint` keeps what it said."""
        made, self._made = self._made, None
        try:
            if made is not None:
                made.close()
        except Exception as error:  # noqa: BLE001 - it is let go all the same
            self.complaint = cause_of(error)

    def _connected(self) -> Practice | Trouble:
        try:
            self._made = self._made or self._make()
        except SetupError as error:
            return Trouble(who="setup", code=error.code, facts=dict(error.facts), retry_in_ms=10_000)
        return self._made

    def _with(self, look: Callable[[Practice], T]) -> T | Trouble:
        """Read something. A surprise is a trouble, and the next look begins with a new connection."""
        practice = self._connected()
        if isinstance(practice, Trouble):
            return self._named(practice)
        try:
            found = look(practice)
        except Exception as error:  # noqa: BLE001 - whatever a desktop that ends makes of a look
            self.close()
            facts: dict[str, Fact] = {"cause": cause_of(error)}
            return self._named(Trouble(who="pack", code="screen_failed", facts=facts, retry_in_ms=5_000))
        return self._named(found) if isinstance(found, Trouble) else found

    def _reported(self, act: Callable[[Practice], PostingReport]) -> PostingReport:
        """Type something. After a surprise nobody knows how far it came: the engine takes what is raised as a doubt."""
        practice = self._connected()
        if isinstance(practice, Trouble):
            return PostingReport(stage="not_committed", trouble=self._named(practice))
        try:
            report = act(practice)
        except Exception:
            self.close()
            raise
        return replace(report, trouble=self._named(report.trouble)) if report.trouble else report

    def _named(self, trouble: Trouble) -> Trouble:
        """People know the software by the name that the site calls it."""
        if trouble.code == "desktop_gone":
            self.close()
        return replace(trouble, facts={"name": self._name, **trouble.facts})


def enter_yourself(order: PostingOrder) -> Trouble:
    return Trouble(who="operator", code="enter_yourself", facts={"payment_id": order.payment_id})
