"""A receipt in words: what stands on it, line by line, for every way of showing it. The look is not decided here."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from tillbridge.domain.errors import Fact
from tillbridge.domain.money import Money
from tillbridge.domain.operation import Entry
from tillbridge.domain.receipt import GivenBack, Receipt, Tender
from tillbridge.strings import amount, sentence


@dataclass(frozen=True, slots=True)
class Row:
    """`label` stands left, `value` right. `strong`: a total; `small`: what only the card brands ask for."""

    label: str
    value: str
    strong: bool = False
    small: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """`banner`: empty, or that this is a copy. `blocks`: rows that belong together. `notes`: whole sentences."""

    title: str
    heading: str
    banner: str
    blocks: tuple[tuple[Row, ...], ...]
    notes: tuple[str, ...]


def sheet_of(receipt: Receipt, zone: tzinfo | None = None) -> Sheet:
    """`zone`: the site's own time, None = this computer's."""
    blocks = (
        tuple(_about(receipt, zone)),
        tuple(_amounts(receipt)),
        *(tuple(_tender(receipt, tender)) for tender in receipt.tenders),
        tuple(_since(receipt, zone)),
    )
    return Sheet(
        title=plain(receipt.clinic) or _word("no_clinic_name"),
        heading=_heading(receipt),
        banner=_word("copy", number=receipt.copy - 1) if receipt.copy > 1 else "",
        blocks=tuple(block for block in blocks if block),
        notes=tuple(_notes(receipt, zone)),
    )


def short_of(receipt: Receipt, zone: tzinfo | None = None) -> str:
    """One line for a text message. It names no client and no pet: others may read the screen that it comes to."""
    last = receipt.tenders[-1]
    facts: dict[str, Fact] = {
        "clinic": plain(receipt.clinic),
        "total": _sum(receipt.total),
        "account": _account(last),
        "day": day(receipt.at_wall_ms, zone),
        "number": receipt.number,
    }
    word = "pending" if receipt.pending and receipt.operation != "refund" else receipt.operation
    told = sentence(f"short_{word}", facts, section="receipt")
    back = _word("short_returned", returned=_sum(receipt.returned)) if receipt.returned.minor else ""
    copy = f"({_word('copy', number=receipt.copy - 1)})" if receipt.copy > 1 else ""
    return " ".join(part for part in (told, back, copy) if part)


def plain(text: str) -> str:
    """One line without characters that nobody sees; those that join letters stay."""
    shown = (c for c in " ".join(text.split()) if c in _JOINERS or unicodedata.category(c)[0] != "C")
    return "".join(shown)


_JOINERS = "\u200c\u200d"


def moment(wall_ms: int, zone: tzinfo | None) -> str:
    """`Nov 23, 2026, 3:21 PM` in the site's own time."""
    at = datetime.fromtimestamp(wall_ms / 1000, UTC).astimezone(zone)
    return f"{day(wall_ms, zone)}, {at.hour % 12 or 12}:{at:%M} {'AM' if at.hour < 12 else 'PM'}"


def day(wall_ms: int, zone: tzinfo | None) -> str:
    at = datetime.fromtimestamp(wall_ms / 1000, UTC).astimezone(zone)
    return f"{at:%b} {at.day}, {at.year}"


def _word(code: str, **facts: Fact) -> str:
    return sentence(code, facts, section="receipt")


def _sum(money: Money) -> str:
    return amount(money.minor, money.currency)


def _heading(receipt: Receipt) -> str:
    if receipt.operation == "refund" and receipt.of is not None and receipt.total < receipt.of.paid:
        return _word("heading_refund_part")
    if receipt.pending and receipt.operation != "refund":
        return _word("heading_pending")
    return _word(f"heading_{receipt.operation}")


def _about(receipt: Receipt, zone: tzinfo | None) -> Iterator[Row]:
    yield Row(_word("when"), moment(receipt.at_wall_ms, zone))
    yield Row(_word("client"), plain(receipt.client))
    numbers = [plain(share.invoice_number) for share in receipt.shares if share.invoice_number]
    if len(numbers) == 1 and len(receipt.shares) == 1:
        yield Row(_word("invoice"), numbers[0])
    yield Row(_word("payment"), receipt.number)


def _amounts(receipt: Receipt) -> Iterator[Row]:
    """Fee and tip stand apart, and only where there are any."""
    parts = receipt.parts
    if parts.fee.minor or parts.tip.minor:
        yield Row(_word("base"), _sum(parts.base))
    if parts.fee.minor:
        yield Row(_word("fee"), _sum(parts.fee))
    if parts.tip.minor:
        yield Row(_word("tip"), _sum(parts.tip))
    word = "total_back" if receipt.operation in ("void", "refund") else "total"
    yield Row(
        _word("total_pending" if receipt.pending and word == "total" else word),
        _sum(receipt.total),
        strong=True,
    )
    if len(receipt.shares) > 1:
        for share in receipt.shares:
            credit = share.kept_as_credit or not share.invoice_number
            label = (
                _word("share_credit")
                if credit
                else _word("share_invoice", number=plain(share.invoice_number))
            )
            yield Row(label, _sum(share.amount))


def _tender(receipt: Receipt, tender: Tender) -> Iterator[Row]:
    account = _account(tender)
    several = len(receipt.tenders) > 1
    if account:
        yield Row(account, _sum(tender.amount) if several else _how(tender))
    told = [value for _, value in tender.lines]
    if tender.auth_code and tender.auth_code not in told:
        yield Row(_word("authorization"), plain(tender.auth_code))
    for label, value in tender.lines:
        if value != account:
            yield Row(plain(label), plain(value), small=True)


def _account(tender: Tender) -> str:
    return f"{plain(tender.brand)} ****{plain(tender.last4)}".strip() if tender.last4 else plain(tender.brand)


def _how(tender: Tender) -> str:
    return _word(f"by_{tender.entry}") if isinstance(tender.entry, Entry) else ""


def _since(receipt: Receipt, zone: tzinfo | None) -> Iterator[Row]:
    """What went back since, or what is given back by this."""
    if receipt.of is not None:
        of: GivenBack = receipt.of
        yield Row(_word("paid_on", day=day(of.at_wall_ms, zone)), _sum(of.paid))
        yield Row(_word("payment_before"), of.number)
        yield Row(_word("left"), _sum(of.left))
    elif receipt.returned.minor:
        yield Row(_word("returned"), _sum(-receipt.returned))
        yield Row(_word("kept"), _sum(receipt.kept), strong=True)


def _notes(receipt: Receipt, zone: tzinfo | None) -> Iterator[str]:
    for tender in receipt.tenders:
        if tender.partial and receipt.operation in ("sale", "deposit"):
            yield _word("note_partial", asked=_sum(tender.asked), paid=_sum(tender.amount))
        if tender.state in ("voided", "returned"):
            yield _word(f"note_{tender.state}", paid=_sum(tender.amount))
    if receipt.operation in ("void", "refund"):
        yield _word(f"note_{receipt.operation}")
    elif receipt.operation == "deposit":
        yield _word("note_deposit", client=plain(receipt.client))
    if receipt.pending and receipt.operation in ("sale", "deposit"):
        yield _word("note_pending")
    if receipt.agreed is not None:
        agreed = receipt.agreed
        given = day(agreed.given_wall_ms, zone)
        how = _word(f"agreed_{agreed.kind.lower()}")
        yield _word(
            "note_agreed", day=given, given_by=plain(agreed.given_by), how=how, version=agreed.version
        )
        yield plain(agreed.text)
