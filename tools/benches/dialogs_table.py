"""Which messages are thrown at which moment, and how each must end. Plain data: it imports nothing of the product.

After the product's own policy for messages (which one is answered, which one is a person's) stands here once more,
written down independently of the packs: a pack that answers what it must not is found by this table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["post", "rehearse", "read"]
End = Literal["posted", "person", "either", "clean", "told"]
"""How a case must end.

post: `posted` by itself; `person`: the message is left open and named until a person has pressed it, then posted.
rehearse: `clean`: nothing left behind, no trouble; `told`: nothing in the books, the message left open and named.
read: `told`: nothing is read from behind a message, and it is named.
`either`: with or without a person, for messages at a moment at which the software would not show them.
"""

OPENING = ("opening", "filling")
AFTER_OK = ("before_commit", "after_commit")
POSTING = (*OPENING, *AFTER_OK)
EVERYWHERE = (*POSTING, "abandon", "reading")

VERSIONS = 3

ANSWERED: dict[str, tuple[str, ...]] = {
    "credit": POSTING,
    "locked": POSTING,
    "alert": POSTING,
    "medical": POSTING,
    "update": EVERYWHERE,
    "licence": EVERYWHERE,
    "print": AFTER_OK,
    "printer": AFTER_OK,
    "drawer": AFTER_OK,
    "duplicate": AFTER_OK,
    "overpay": AFTER_OK,
    "changed": AFTER_OK,
    "unsaved": ("abandon",),
    "period": AFTER_OK,
    "inactive": (),
}
"""Messages that are answered without a person, and when. At another moment they may be left to one."""

PEOPLE_S = frozenset(
    {
        "card_module",
        "connection",
        "network",
        "unknown",
        "seats",
        "sign_in",
        "permission",
        "crash_box",
    }
)
"""Messages that nobody but a person may answer, whenever they come."""


@dataclass(frozen=True, slots=True, order=True)
class Case:
    """One message at one moment of one act."""

    kind: Kind
    dialog: str
    moment: str

    @property
    def key(self) -> str:
        return f"{self.kind} {self.dialog} {self.moment}"

    @property
    def end(self) -> End:
        if self.kind == "read":
            return "told"
        answered = self.moment in ANSWERED.get(self.dialog, ())
        if self.dialog not in PEOPLE_S and not answered:
            return "either"
        if self.kind == "rehearse":
            return "clean" if answered else "told"
        return "posted" if answered else "person"


def case_of(key: str) -> Case:
    """Raises ValueError for anything that `key` does not write."""
    kind, dialog, moment = key.split(" ")
    found = next((one for one in ("post", "rehearse", "read") if one == kind), None)
    if found is None:
        raise ValueError(key)
    return Case(found, dialog, moment)


def cases(dialogs: Iterable[str], moments: Sequence[str], version: int, seed: int, quick: bool) -> list[Case]:
    """What is thrown in a version (`version`: 0, 1, 2). The first one meets every message at every moment of a posting,
    the others every message at one moment, another one with each seed. Rehearsals, and windows that are read, meet
    every message once in some version.

    Raises ValueError for a message that this table has no end for.
    """
    names = sorted(dialogs)
    strange = [name for name in names if name not in ANSWERED and name not in PEOPLE_S]
    if strange:
        raise ValueError(f"no end is written down for: {' '.join(strange)}")
    if quick:
        return [case_of(key) for key in QUICK]
    posting = [moment for moment in moments if moment != "abandon"]
    found = [
        Case("post", name, moment)
        for at, name in enumerate(names)
        for turn, moment in enumerate(posting)
        if version == 0 or turn == (at + seed + version) % len(posting)
    ]
    left = [moment for moment in moments if moment not in (*AFTER_OK, "reading")]
    shared = [name for at, name in enumerate(names) if at % VERSIONS == version]
    found += [Case("rehearse", name, moment) for name in shared for moment in left]
    return found + [Case("read", name, "open") for name in shared]


QUICK = (
    "post update opening",
    "post credit filling",
    "post unknown before_commit",
    "post print after_commit",
    "post card_module opening",
    "rehearse licence opening",
    "read alert open",
)
"""One of each kind of end, none of which waits for the program's settling time."""
