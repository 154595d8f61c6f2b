"""One line of the books. Lines are only ever added; what happened stays written.

This file must not hold rules: what a line means for the money is in `books.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum


class Kind(StrEnum):
    """What a line of the books says. Money comes with CAPTURE, PENDING and RE_PRESENTED, goes back with VOID, REFUND,
    RETURNED, REJECTED and DISPUTE_LOST; RETURNED and REJECTED of a refund bring it again. FEE is the processor's.
    """

    STARTED = "started"
    AUTHORIZED = "authorized"
    CAPTURE = "capture"
    STORED = "stored"
    PENDING = "pending"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    VOID = "void"
    REFUND = "refund"
    SETTLED = "settled"
    BATCH = "batch"
    RETURNED = "returned"
    KILL = "kill"
    REFUSED = "refused"
    TOKEN = "token"
    TOKEN_GONE = "token_gone"
    QUEUED = "queued"
    REJECTED = "rejected"
    CLEARED = "cleared"
    RE_PRESENTED = "re_presented"
    CHANGE = "change"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"
    FEE = "fee"
    TRIED = "tried"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `amount` and `asked` are integer minor units (cents) of `currency`; times are milliseconds.

    `reference` is the merchant's own id of the attempt, `provider_ref` the network's; a void or refund
    names what it gives back in `of` (a provider_ref) and `of_reference`. Empty text and zero mean "does not apply".
    `tip` is a part of `amount`; `case` names a dispute; `round` counts the presentments of a bank debit; `later` is
    what the bank will say of it some day; `receipt` holds lines "label<tab>value".
    """

    seq: int
    at_ms: int
    kind: Kind
    reference: str = ""
    provider_ref: str = ""
    of: str = ""
    of_reference: str = ""
    operation: str = ""
    entry: str = ""
    terminal: str = ""
    asked: int = 0
    amount: int = 0
    currency: str = ""
    auth_code: str = ""
    brand: str = ""
    last4: str = ""
    entry_mode: str = ""
    token: str = ""
    batch: str = ""
    by: str = ""
    code: str = ""
    retry: str = ""
    text: str = ""
    fingerprint: str = ""
    hidden_until_ms: int = 0
    tip: int = 0
    receipt: str = ""
    expiry: str = ""
    case: str = ""
    round: int = 0
    later: str = ""
    keep: int = 0
    payer: str = ""
    invoice: str = ""
    read_at_ms: int = 0
    expires_ms: int = 0
    sec_code: str = ""
    mandate: str = ""


_DEFAULTS = {field.name: field.default for field in fields(Entry)}


def to_json(entry: Entry) -> dict[str, str | int]:
    """The line as a flat JSON object, without the fields that do not apply."""
    return {name: value for name, value in asdict(entry).items() if value != _DEFAULTS[name]}


def from_json(line: Mapping[str, object]) -> Entry:
    """Read a line back. Raises ValueError for an unknown kind and TypeError for an unknown field."""
    values = dict(line)
    values["kind"] = Kind(str(values["kind"]))
    return Entry(**values)  # type: ignore[arg-type]  # names are checked by the call, JSON gives the types
