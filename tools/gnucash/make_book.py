"""Makes a GnuCash book with customers and posted, unpaid invoices. Run by the system's python3, as a process.

It uses GnuCash's own Python bindings, which Debian installs for /usr/bin/python3 alone. The same seed gives
the same customers, numbers and amounts; GnuCash itself draws new GUIDs each time. Prints one JSON object:
the account names and the invoices. It must not import anything of tillbridge.
"""

from __future__ import annotations

import argparse
import datetime
import json
import random
import sys
from pathlib import Path
from typing import Any

FIRST = (
    "Ada",
    "Bruno",
    "Carla",
    "Dmitri",
    "Edith",
    "Farid",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Kirsten",
    "Liu",
)
LAST = ("Abbott", "Brand", "Castillo", "Doyle", "Ekberg", "Fontaine", "Grant", "Haller", "Iversen", "Jansen")
ANIMALS = ("Biscuit", "Luna", "Milo", "Pepper", "Rex", "Shadow", "Tiger", "Willow")
WORK = (("Wellness exam", 6800), ("Rabies vaccine", 3450), ("Dental cleaning", 24500), ("Nail trim", 1825))


def account(book: Any, parent: Any, name: str, kind: int, currency: Any) -> Any:
    """A new account below `parent`."""
    from gnucash import Account  # type: ignore[import-not-found,unused-ignore]

    made = Account(book)
    parent.append_child(made)
    made.SetName(name)
    made.SetType(kind)
    made.SetCommodity(currency)
    return made


def accounts(book: Any, currency: Any) -> dict[str, Any]:
    """The small account tree of a clinic: receivable, clearing, bank, petty cash, income."""
    from gnucash import gnucash_core_c as c  # type: ignore[import-not-found,unused-ignore]

    root = book.get_root_account()
    assets = account(book, root, "Assets", c.ACCT_TYPE_ASSET, currency)
    income = account(book, root, "Income", c.ACCT_TYPE_INCOME, currency)
    return {
        "receivable": account(book, assets, "Accounts Receivable", c.ACCT_TYPE_RECEIVABLE, currency),
        "clearing": account(book, assets, "Card Clearing", c.ACCT_TYPE_BANK, currency),
        "checking": account(book, assets, "Checking", c.ACCT_TYPE_BANK, currency),
        "cash": account(book, assets, "Petty Cash", c.ACCT_TYPE_CASH, currency),
        "services": account(book, income, "Services", c.ACCT_TYPE_INCOME, currency),
    }


def customer(book: Any, number: int, name: str, currency: Any) -> Any:
    """A customer whose id keeps its leading zeros."""
    from gnucash.gnucash_business import Customer  # type: ignore[import-not-found,unused-ignore]

    made = Customer(book, f"{number:06d}", currency, name)
    address = made.GetAddr()
    address.SetName(name)
    address.SetAddr1(f"{number} Mill Street")
    return made


def invoice(
    book: Any,
    number: str,
    owner: Any,
    lines: list[tuple[str, int]],
    day: datetime.date,
    ledger: dict[str, Any],
) -> None:
    """One invoice with its lines, posted to the receivable account on `day`; amounts in cents."""
    from gnucash import GncNumeric
    from gnucash.gnucash_business import Entry, Invoice  # type: ignore[import-not-found,unused-ignore]

    made = Invoice(book, number, ledger["receivable"].GetCommodity(), owner, day)
    for text, cents in lines:
        line = Entry(book, made, day)
        line.SetDescription(text)
        line.SetQuantity(GncNumeric(1))
        line.SetInvAccount(ledger["services"])
        line.SetInvPrice(GncNumeric(cents, 100))
        line.SetInvTaxable(False)
    made.PostToAccount(
        ledger["receivable"], day, day + datetime.timedelta(days=30), f"Invoice {number}", True, False
    )


def plan(seed: int, count: int) -> list[dict[str, Any]]:
    """What the book will hold: `count` customers with one invoice each, and one customer with two of a size."""
    draw = random.Random(seed)
    rows: list[dict[str, Any]] = []
    for at in range(count):
        name = f"{draw.choice(FIRST)} {draw.choice(LAST)}"
        animal = draw.choice(ANIMALS)
        picked = draw.sample(WORK, draw.randint(1, 3))
        lines = [(f"{text}, {animal}", cents + draw.randint(0, 999)) for text, cents in picked]
        rows.append({"client": at + 1, "name": name, "lines": lines})
    twin = dict(rows[0])  # the same client owes the same amount twice: only the number tells them apart
    return [*rows, twin]


def write(path: Path, seed: int, count: int, day: datetime.date) -> dict[str, Any]:
    """Make the book file and return what is in it."""
    from gnucash import Session, SessionOpenMode

    session = Session(f"xml://{path}", SessionOpenMode.SESSION_NEW_STORE)
    book = session.book
    dollar = book.get_table().lookup("CURRENCY", "USD")
    ledger = accounts(book, dollar)
    owners: dict[int, Any] = {}
    told = []
    for at, row in enumerate(plan(seed, count)):
        number = f"{at + 1:06d}"
        owner = owners.get(row["client"]) or customer(book, row["client"], row["name"], dollar)
        owners[row["client"]] = owner
        invoice(book, number, owner, row["lines"], day, ledger)
        total = sum(cents for _, cents in row["lines"])
        told.append(
            {"number": number, "account_id": f"{row['client']:06d}", "client": row["name"], "cents": total}
        )
    session.save()
    session.end()
    return {"book": str(path), "receivable": "Assets:Accounts Receivable", "invoices": told}


def main(arguments: list[str]) -> int:
    """Command line: PATH --seed N --customers N --day YYYY-MM-DD."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--customers", type=int, default=40)
    parser.add_argument("--day", type=datetime.date.fromisoformat, required=True)
    chosen = parser.parse_args(arguments)
    print(json.dumps(write(chosen.path.resolve(), chosen.seed, chosen.customers, chosen.day)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
