"""What the desks of one site share beside the journal: stored cards, consents, who has which terminal, and how far
each settlement report was read. Synchronous; one thread owns it; what a call stored is durable when it returns.

Rules of money that live behind it:
12. A terminal is leased by one desk (domain/lease.py says who may have it; here it is kept).
14. Card and account numbers enter nowhere: a text that looks like one is refused, and nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, get_args

from tillbridge.domain.lease import Lease, LeaseStep

ConsentKind = Literal["PPD", "TEL", "WEB", "CCD", "card_on_file"]
"""How a client agreed. For bank debits the SEC code of the Nacha rules that follows from it: signed paper (PPD), on
the telephone (TEL), on a web page (WEB), a company's agreement (CCD). `card_on_file`: a card may be kept."""

CONSENT_KINDS: tuple[ConsentKind, ...] = get_args(ConsentKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What a client agreed to, word for word; kept for ever, only its end is added.

    `text`, `version`: what was shown, read out or signed. `how`: such as "signed paper, kept in the file".
    `given_by`: who agreed. `recorded_by`: who of the staff wrote it down, empty on a page of the gateway.
    """

    consent_id: str
    kind: ConsentKind
    software: str
    account_id: str
    text: str
    version: str
    how: str
    given_by: str
    recorded_by: str
    given_wall_ms: int
    """When it was given: UTC milliseconds since 1970."""
    revoked_wall_ms: int | None = None
    revoked_by: str = ""

    @property
    def holds(self) -> bool:
        return self.revoked_wall_ms is None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCard:
    """A card (or bank account) that the gateway keeps for a client. `token` means something only to that account.

    `account`: the gateway account, as Policy.gateway names it. `software`, `account_id`: whose it is, by the practice
    software's own client id, so that every desk of the site finds it.
    """

    card_id: str
    account: str
    token: str = field(repr=False)
    software: str
    account_id: str
    brand: str
    last4: str
    expiry: str
    """`2028-04`: good to the end of that month; empty for a bank account."""
    consent_id: str
    created_wall_ms: int
    replaced_by: str = ""
    """The card that came in its place."""
    deleted_wall_ms: int | None = None

    @property
    def usable(self) -> bool:
        """It may be offered; whether it has expired is another question (`expired`)."""
        return not self.replaced_by and self.deleted_wall_ms is None

    def expired(self, month: str) -> bool:
        """`month`: the present one, `2026-11`."""
        return bool(self.expiry) and self.expiry < month


class SiteStore(Protocol):
    """Every call may raise JournalError `disk_full`, `disk_failed`, `read_only`, `closed`, `text_unwritable`."""

    # ---- consents

    def add_consent(self, consent: Consent) -> None:
        """The same one again changes nothing. Raises OperatorError `card_number_typed`, JournalError `id_used`."""
        ...

    def consent(self, consent_id: str) -> Consent | None: ...

    def consents_of(self, software: str, account_id: str) -> Sequence[Consent]:
        """All of a client, revoked ones too, newest first."""
        ...

    def revoke_consent(self, consent_id: str, by: str, at_wall_ms: int) -> None:
        """Its first end counts. Raises JournalError `id_unknown`, OperatorError `card_number_typed`."""
        ...

    # ---- stored cards

    def add_card(self, card: StoredCard, replaces: str = "") -> None:
        """`replaces`: the card that is not offered any more from now on. The same one again changes nothing.

        Raises OperatorError `card_number_typed`; JournalError `id_used`, `id_unknown` (the consent or the replaced
        card is not there).
        """
        ...

    def card(self, card_id: str) -> StoredCard | None: ...

    def cards_of(self, software: str, account_id: str) -> Sequence[StoredCard]:
        """The usable ones of a client, newest first; expired ones among them, so that people see why."""
        ...

    def delete_card(self, card_id: str, at_wall_ms: int) -> None:
        """Its token is forgotten, too; brand and last four stay for old receipts. Raises JournalError `id_unknown`."""
        ...

    # ---- settlement

    def cursor(self, account: str) -> str:
        """How far the settlement report of a gateway account was read; empty = never."""
        ...

    def set_cursor(self, account: str, cursor: str) -> None:
        """`cursor` is the gateway's own word, which no person typed: one number in ten passes a card's check digit, and
        a report that cannot be read on would be worse."""
        ...

    # ---- terminals

    def lease(self, terminal: str) -> Lease | None: ...

    def leases(self) -> Sequence[Lease]:
        """One for each terminal that was ever leased, by name."""
        ...

    def move_lease(self, step: LeaseStep) -> Lease:
        """Take, renew, let go or take over (domain/lease.py). A step that belongs to a payment's events goes with them:
        `Append.lease`. Raises OperatorError `terminal_in_use`, `terminal_lost`."""
        ...
