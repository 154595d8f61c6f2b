"""Every code has a sentence, every sentence has a use, and each is one that a receptionist understands."""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import get_args

import pytest

from tests.strings import codes as source
from tillbridge.apps.agent.telling import TOLD_BY_WHERE, TOLD_OF_BACK
from tillbridge.domain.event import PaymentEvent
from tillbridge.domain.matching import WhyNot, Wrong
from tillbridge.domain.money_leg import MoneyEvent, MoneyState
from tillbridge.domain.outcome import Cancelled
from tillbridge.domain.posting_leg import PostingEvent, PostingState
from tillbridge.domain.session import Where
from tillbridge.strings import sentence

TABLE: dict[str, dict[str, str]] = tomllib.loads(
    files("tillbridge.strings").joinpath("en.toml").read_text("utf-8")
)
FOUND = source.scan()
SAID = source.said()
SENTENCES = [(section, code, text) for section, table in TABLE.items() for code, text in table.items()]

BANNED = (
    "posting",
    "marker",
    "unknown",
    "attempt",
    "lease",
    "entry",
    "entries",
    "operation",
    "reference",
    "sync",
)

NAMED_BY_WIRING = {"name", "reason", "currency"}
"""Facts that are added on the way: what the site calls its software, a request's currency."""

DECLINES = {"generic", "insufficient_funds", "expired_card", "lost_or_stolen", "call_bank", "invalid_pin"}
"""Why banks decline, in the words of the gateway port; a word that is not here is told as `generic`."""

BY_WHERE = {f"{kind}_{where}" for kind in TOLD_BY_WHERE for where in get_args(Where) if where != "terminal"}
"""Where a payer's details are asked for changes what is said."""
BY_WHERE |= {f"{kind}_back" for kind in (*TOLD_OF_BACK, PaymentEvent.PAYMENT_CREATED)} | {
    "payment_created_deposit"
}

TASKS = {
    "overpaid",
    "over_returned",
    "posting_missing",
    "unexpected",
    "salvaged",
    "restored",
    "bank_returned",
} | {
    "notice_of_change",
    "settlement_unfitting",
    "settled_amount_differs",
}
"""Tasks that a table or a helper names (domain/fold, domain/fold_entries, domain/next_command, journal/doubt,
engine/settlement_items)."""


def raised_codes() -> set[str]:
    computed = set().union(*source.COMPUTED.values())
    refusals = source.words_in("gateways/simulator/wire.py", "_REFUSED_AS_IS")
    return set(FOUND.raised) | computed | source.pack_reasons() | refusals


def reasons() -> set[str]:
    wrong = {f"wrong_{word}" for word in get_args(Wrong)}
    by = set(get_args(Cancelled.__annotations__["by"])) or {
        "client",
        "cashier",
        "timeout",
        "terminal",
        "gateway",
    }
    return (
        wrong
        | set(get_args(WhyNot))
        | DECLINES
        | by
        | {"salvaged", "restored", "money_not_taken", "move_undone"}
        | FOUND.reasons
    )


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_code_that_is_raised_has_a_sentence() -> None:
    assert sorted(raised_codes() - set(TABLE["error"])) == []


def test_every_place_that_computes_a_code_is_listed_with_what_it_may_give() -> None:
    assert sorted(FOUND.places ^ set(source.COMPUTED)) == []


def test_every_reason_that_is_journalled_has_a_sentence() -> None:
    known = set(TABLE["reason"]) | set(TABLE["error"]) | reasons_of_damage()
    assert sorted(reasons() - known) == []


def reasons_of_damage() -> set[str]:
    """Why a record is damaged: told by `damaged` itself, or by a sentence of its own."""
    return {"unreadable", "fold", "no_wal", "empty", "foreign", "main_file_missing", "salvage_unfinished"}


def test_every_state_every_event_and_every_task_has_a_sentence() -> None:
    states = {str(state) for kind in (MoneyState, PostingState) for state in kind}
    events = {str(event) for kind in (PaymentEvent, MoneyEvent, PostingEvent) for event in kind}
    assert states == set(TABLE["state"])
    assert events | {"payment_created_typed", "noted_ended"} == set(TABLE["step"]) - BY_WHERE
    assert FOUND.tasks | TASKS == set(TABLE["task"])


def test_what_the_command_line_and_doctor_say_has_a_sentence() -> None:
    missing = [
        (where, code)
        for where in ("cli", "doctor", "error", "story")
        for code in SAID[where] - set(TABLE[where])
    ]
    assert missing == []


def test_no_sentence_is_unused() -> None:
    used = raised_codes() | SAID["error"] | SAID["words"] | {"unlisted"}
    variants = {f"damaged_{reason}" for reason in reasons_of_damage()}
    assert sorted(set(TABLE["error"]) - used - variants) == []
    assert sorted(set(TABLE["reason"]) - reasons()) == []
    made = {f"charged_{word}" for word in ("yes", "no", "finding_out")} | {
        f"column_{word}" for word in SAID["words"]
    }
    made |= {f"terminal_{word}" for word in ("idle", "busy", "offline")}
    assert sorted(set(TABLE["cli"]) - SAID["words"] - made) == []
    events = {str(event) for kind in (PaymentEvent, MoneyEvent, PostingEvent) for event in kind}
    assert sorted(set(TABLE["story"]) - SAID["story"] - events - BY_WHERE - {"payment_created_typed"}) == []
    looking = {f"looking_{word}" for word in SAID["words"]}
    found_at_opening = {"ram_disk", "network_share", "restored_from_backup", "journal_replaced", "migrated"}
    assert sorted(set(TABLE["doctor"]) - SAID["words"] - looking - found_at_opening) == []


def test_a_sentence_asks_only_for_facts_that_its_code_carries() -> None:
    assert list(_unmet()) == []


def test_a_sentence_for_a_dialog_asks_only_for_what_the_dialog_says() -> None:
    """A pack gives the reason; the facts are the dialog's own name and text."""
    asked = {code: placeholders(TABLE["error"][code]) - NAMED_BY_WIRING for code in source.pack_reasons()}
    assert {code: names for code, names in asked.items() if names - {"dialog", "text"}} == {}


def _unmet() -> Iterator[str]:
    for code, places in FOUND.raised.items():
        wanted = placeholders(TABLE["error"].get(code, "")) - NAMED_BY_WIRING
        for facts in places:
            if facts is not None:
                carried = {fact.replace("_minor", "") for fact in facts}
                yield from (f"{code}: {{{name}}} is not in {sorted(facts)}" for name in wanted - carried)


@pytest.mark.parametrize(("section", "code", "text"), SENTENCES, ids=[f"{s}.{c}" for s, c, _ in SENTENCES])
def test_a_sentence_is_plain(section: str, code: str, text: str) -> None:
    words = re.sub(r"\{[^}]*\}|\btillbridge \S+|--\S+", " ", text)
    assert not re.search(rf"\b({'|'.join(BANNED)})s?\b", words, re.IGNORECASE), text
    assert text.strip() == text
    assert "  " not in text
    assert not re.search(r"[;,]\s*$", text), text
    if section in ("error", "reason", "task"):
        assert text[0].isupper() or text.startswith(('"', "{", "site.toml", "secrets.toml"))
        assert text.endswith((".", "?", ":", "show {payment_id}", ".toml")), text


DOES = re.compile(
    r"\b(Type|Take|Ask|Tell|Use|Look|Start|Check|Choose|Wait|Put|Correct|Open|Close|Finish|Answer|Bring|Enter|Run"
    r"|Install|Update|Free|Move|Make|Give|Undo|Press|Say|Add|Cancel|Compare|Never type|Do not|Try|have the disk"
    r"|turn the field|undo the payment|enter this payment|enter what fits)\b"
)
BY_ITSELF = re.compile(r"\b([Ww]e (wait|look|try|go on|add)|by (itself|ourselves)|still finding out)\b")


@pytest.mark.parametrize("code", sorted(TABLE["error"]))
def test_an_error_says_what_to_do_or_that_nothing_is_to_be_done(code: str) -> None:
    text = TABLE["error"][code]
    assert DOES.search(text) or BY_ITSELF.search(text), text


CARD = (
    "unreachable",
    "terminal_busy",
    "terminal_offline",
    "terminal_unknown",
    "rate_limited",
    "wrong_key",
    "amount_limit",
)


@pytest.mark.parametrize("code", CARD)
def test_trouble_with_the_card_says_whether_the_card_was_charged(code: str) -> None:
    assert "The card was not charged." in TABLE["error"][code]


def test_a_sentence_with_its_facts_filled_in() -> None:
    facts: dict[str, str | int | bool | None] = {"limit_minor": 21240, "held_minor": 100, "currency": "EUR"}
    assert "\u20ac212.40 is owed, and \u20ac1.00 of it" in sentence("not_chargeable", facts)


def test_a_missing_fact_hides_nothing_but_itself() -> None:
    assert sentence("unknown_payment").startswith("There is no payment ....")


def test_a_code_without_a_sentence_can_still_be_read_aloud() -> None:
    assert sentence("brand_new_code").endswith("Tell support this word: brand_new_code")


def test_a_reason_may_have_a_sentence_of_its_own() -> None:
    assert sentence("damaged", {"reason": "empty", "path": "p"}) != sentence("damaged", {"reason": "fold"})
