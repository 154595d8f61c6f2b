"""What a clinic has set up at each version of the stand-in practice software: one place, plain data.

For the lab of the packs, the demo and the benches. It starts nothing and knows no screen; what the software itself
looks like stands in the profiles, what we look for in the packs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontDesk:
    """One version at one clinic.

    `profile`: the stand-in's; `pack`: folder and version that must recognise it; `title`, `payment_title`: how the
    titles of its main and payment windows begin. `employee` as the setting says it
    (v5 takes initials), `employee_in_books` as the truth log says it. `settings`, `secrets`: by the names that the
    pack asks for. `applies_to`: where the money goes: the invoice asked for, or the oldest balances of the client.
    `cut`: so many characters of the reference reach the ledger. `absence_provable`: False where the ledger is
    painted: "not there" is then a person's question. `quick`: knobs of the ledger server that make this version quick
    enough for tests.
    """

    profile: str
    pack: tuple[str, str]
    title: str
    payment_title: str
    payment_method: str = "Tillbridge"
    employee: str = "Dana Brooks"
    employee_in_books: str = "Dana Brooks"
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    applies_to: Literal["chosen", "oldest"] = "chosen"
    cut: int = 10
    quick: Mapping[str, str] = field(default_factory=lambda: {"ledger_delay_ms": "300"})
    absence_provable: bool = True

    @property
    def posting(self) -> Mapping[str, str]:
        """The section `posting` of the site's settings."""
        return {"payment_method": self.payment_method, "employee": self.employee}


DESKS: Mapping[str, FrontDesk] = {
    desk.profile: desk
    for desk in (
        FrontDesk(
            profile="v5",
            pack=("impromed", "5"),
            title="ImproMed Infinity - ",
            payment_title="Payment",
            employee="DB",
            applies_to="oldest",
            absence_provable=False,
        ),
        FrontDesk(
            profile="v6", pack=("impromed", "6"), title="ImproMed - ", payment_title="Process Payment - "
        ),
        FrontDesk(
            profile="v7",
            pack=("impromed", "7"),
            title="ImproMed 7 - ",
            payment_title="Take Payment - ",
            cut=12,
            quick={"ledger_delay_ms": "300", "save_ms": "400", "title_lag_ms": "700"},
            secrets={"cashier": "cashier"},
        ),
    )
}
