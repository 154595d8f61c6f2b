"""A client's account as the engine's port wants it, from what a pack's flow `read_account` has read. Judges nothing."""

from __future__ import annotations

from tillbridge.domain.errors import PackError
from tillbridge.domain.money import Money
from tillbridge.flows.order_facts import Value
from tillbridge.flows.pack import Pack
from tillbridge.flows.reading_run import Read
from tillbridge.ports.practice import AccountSeen, OpenInvoice, SoftwareSeen


def account_seen(pack: Pack, read: Read, software: SoftwareSeen) -> AccountSeen:
    """Raises PackError `ledger_missing` where no list of open invoices was read, `money_unreadable`."""
    if read.rows is None:
        raise PackError("ledger_missing", flow="read_account")
    listed = read.rows
    credit = read.values.get("credit")
    return AccountSeen(
        software=software,
        account_id=str(read.values["account_id"]),
        client=str(read.values.get("client", "")),
        balance=_money(pack, read.values["balance"]),
        credit=None if credit is None else _credit(pack, credit),
        invoices=tuple(
            OpenInvoice(
                number=str(listed.value(row, "number")), balance=_money(pack, listed.value(row, "balance"))
            )
            for row in listed.rows
        ),
    )


def _credit(pack: Pack, value: Value) -> Money:
    """What they have with us. Below zero stands what was given back for an invoice that is paid: that is no credit, and
    the balance holds it already."""
    shown = _money(pack, value)
    return shown if shown.minor > 0 else Money(minor=0, currency=shown.currency)


def _money(pack: Pack, value: Value) -> Money:
    if type(value) is not int:
        raise PackError("money_unreadable", control="account", text=str(value))
    return Money(minor=value, currency=pack.formats.money.currency)
