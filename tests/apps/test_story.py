"""H15: the story of a payment, as a receptionist reads it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.strings.test_sentences import BANNED
from tillbridge.apps.agent.runs import Runs
from tillbridge.apps.agent.telling import duration, story
from tillbridge.domain.errors import Fact
from tillbridge.domain.event import Event, PaymentEvent
from tillbridge.domain.moment import Moment
from tillbridge.domain.money_leg import MoneyEvent
from tillbridge.domain.posting_leg import PostingEvent
from tillbridge.ports.journal import Stored
from tillbridge.strings import codes, sentence

MONEY, ROW = "TBX", "V4242-K7Q9"
RUN = "20260304T101500-n006-impromed-6-post-V4242-K7Q9"

LOOKED = (
    "Looked at ImproMed: the right client, invoice 10482, $212.40 owed, and this payment is not in its list yet. "
    "Typing $212.40 as Card, with the number V4242-K7Q9."
)


class Told:
    """Events as they happen, second by second; `lines` is the story."""

    def __init__(self, folder: Path, **created: Fact) -> None:
        self.runs, self.events, self.second = Runs(folder), list[Stored](), 0.0
        usual: dict[str, Fact] = {"client": "Alvarez, Rosa", "invoice_number": "10482", "currency": "USD"}
        usual |= {"base_minor": 21_240, "balance_minor": 21_240, "person": ""}
        self.add(0, PaymentEvent.PAYMENT_CREATED, "", **(usual | created))

    def add(self, seconds: float, kind: str, subject: str, **facts: Fact) -> None:
        self.second += seconds
        at = Moment(int(1_800_000_000_000 + 1000 * self.second), "boot", int(1000 * self.second))
        event = Event(kind=kind, at=at, subject=subject, facts=facts)
        number = len(self.events) + 1
        self.events.append(Stored(seq=number, payment_id="p", event=event, chain=f"{number:064x}"))

    def lines(self, then_s: float = 0) -> list[str]:
        now_ms = self.events[-1].event.at.wall_ms + int(1000 * then_s)
        steps = story(self.events, self.runs.told, now_ms, "ImproMed")
        return [" ".join([step["told"], *step["details"]]) for step in steps if step["told"]]


def charged(told: Told) -> Told:
    told.add(0, PaymentEvent.ATTEMPT_CREATED, MONEY, amount_minor=21_240, terminal_id="Front Desk 1")
    told.add(0, MoneyEvent.SEND_STARTED, MONEY)
    told.add(0, MoneyEvent.ACKNOWLEDGED, MONEY)
    told.add(9, MoneyEvent.APPROVED, MONEY, amount_minor=21_240, brand="Visa", last4="4242")
    told.add(0, PaymentEvent.POSTING_CREATED, ROW, amount_minor=21_240)
    told.add(0, PostingEvent.OWED, ROW)
    return told


def saved(told: Told, **facts: Fact) -> Told:
    told.add(1, PostingEvent.SAFE_MOMENT, ROW)
    told.add(0, PostingEvent.CLEAR, ROW, balance_minor=21_240, method="Card")
    told.add(1, PostingEvent.COMMIT_REACHED, ROW, transcript=RUN, **facts)
    told.add(0, PostingEvent.COMMIT_RETURNED, ROW, stage="committed", means="nothing")
    told.add(1, PostingEvent.FOUND, ROW, row="Payment")
    return told


def a_run(folder: Path, *lines: dict[str, object]) -> None:
    text = "".join(json.dumps({"at": number / 10, **line}) + "\n" for number, line in enumerate(lines))
    (folder / f"{RUN}.jsonl").write_text(text, "utf-8")


def test_what_was_seen_typed_and_seen_again_is_told_in_order(tmp_path: Path) -> None:
    assert saved(charged(Told(tmp_path, person="Kim"))).lines() == [
        "On the screen: Alvarez, Rosa, invoice 10482, $212.40 owed. $212.40 was asked for. Kim asked for it.",
        "Sent to the terminal Front Desk 1.",
        "Approved: $212.40 Visa 4242. That took 9 s at the terminal.",
        LOOKED,
        "Saved in ImproMed.",
        "Seen in the list of payments of ImproMed: $212.40, invoice 10482, with the number V4242-K7Q9.",
    ]


def test_what_was_read_back_and_asked_on_the_screen_comes_from_the_run(tmp_path: Path) -> None:
    a_run(
        tmp_path,
        {"what": "begin"},
        {"what": "burst", "commit": "", "checks": 0},
        {"what": "burst", "commit": "ok", "checks": 12},
        {"what": "dialog", "text": "Print\nreceipt?", "press": "No"},
        {"what": "dialog", "text": "Timeout expired.", "press": ""},
        {"what": "starting over"},
        {"what": "visit"},
        {"what": "shielded", "swallowed": 2, "held": True},
        {"what": "not put back", "why": "the client is gone"},
    )
    (line,) = [one for one in saved(charged(Told(tmp_path))).lines() if one.startswith("Saved")]
    assert "Before that, 12 values in the window were read back, and each was right." in line
    assert 'ImproMed asked: "Print receipt?" We answered No.' in line
    assert 'ImproMed asked: "Timeout expired." We left it for you.' in line
    assert "Started over before anything was saved: 1 times." in line
    assert "Another client was open: we went to this one, and back again." in line
    assert "Mouse and keyboard were held for a moment" in line
    assert "The screen could not be put back as it was." in line
    assert "Keys and clicks that reached nobody in that moment: 2. Type them again." in line


def test_a_shield_that_could_not_be_had_is_not_told_as_one(tmp_path: Path) -> None:
    a_run(tmp_path, {"what": "shielded", "held": False, "swallowed": 0})
    assert not any("were held" in line for line in saved(charged(Told(tmp_path))).lines())


def test_what_the_shield_swallowed_is_told_also_when_the_run_is_gone(tmp_path: Path) -> None:
    lines = saved(charged(Told(tmp_path)), swallowed=3).lines()
    assert any("reached nobody in that moment: 3." in line for line in lines)


@pytest.mark.parametrize("damage", ["", "{", '{"at": 0.1}\n{"what": "bur', "[]\n17\nnull\n", "\x00\xff"])
def test_a_run_that_was_cut_off_or_damaged_spoils_no_story(tmp_path: Path, damage: str) -> None:
    (tmp_path / f"{RUN}.jsonl").write_text(damage, "utf-8")
    assert "Saved in ImproMed." in saved(charged(Told(tmp_path))).lines()


def test_each_wait_says_what_for_and_how_long(tmp_path: Path) -> None:
    told = charged(Told(tmp_path))
    told.add(1, PostingEvent.BLOCKED, ROW, reason="user_typing")
    told.add(65, PostingEvent.BLOCKED, ROW, reason="software_closed", name="ImproMed")
    lines = told.lines(then_s=3_780)
    assert "Waiting. Somebody is typing. We wait for a quiet moment. That lasted 1 min 5 s." in lines
    assert lines[-1].startswith("Waiting. ImproMed is not open.")
    assert lines[-1].endswith("For 1 h 3 min by now.")


def test_what_a_person_did_is_told_with_the_name(tmp_path: Path) -> None:
    told = charged(Told(tmp_path))
    told.add(1, MoneyEvent.CANCEL_ASKED, MONEY, person="Kim")
    told.add(1, PostingEvent.SAID_POSTED, ROW, person="Dana")
    told.add(1, PaymentEvent.NOTED, "", task="over_returned")
    told.add(1, PaymentEvent.NOTED, "", code="task_ended", task_done="over_returned", person="Dana")
    asked, said, to_do, done = told.lines()[-4:]
    assert "Kim asked to cancel it." in asked
    assert said == "Dana says it is in the books."
    assert to_do.startswith("Somebody has to look: More was given back")
    assert done.startswith("Dana has looked at this: More was given back")


def test_a_doubt_after_saving_is_not_told_as_success(tmp_path: Path) -> None:
    told = charged(Told(tmp_path))
    told.add(1, PostingEvent.COMMIT_REACHED, ROW)
    told.add(0, PostingEvent.COMMIT_RETURNED, ROW, stage="doubt", means="nothing")
    assert told.lines()[-1] == "Whether it is really there, the list of payments will tell."


def test_a_typed_amount_says_that_no_screen_was_read(tmp_path: Path) -> None:
    told = Told(tmp_path, balance_minor=None, invoice_number="")
    assert told.lines() == [
        "$212.40 was asked for, from Alvarez, Rosa. The amount was typed; the screen was not read."
    ]


@pytest.mark.parametrize("code", sorted(codes("story")))
def test_no_inner_word_is_in_a_story(code: str) -> None:
    text = sentence(code, {}, section="story").lower()
    assert [word for word in BANNED if f" {word}" in f" {text}"] == []


@pytest.mark.parametrize(
    ("ms", "text"),
    [(-5, "0 s"), (999, "0 s"), (59_999, "59 s"), (125_000, "2 min 5 s"), (3_780_000, "1 h 3 min")],
)
def test_lengths_of_time_are_said_as_people_say_them(ms: int, text: str) -> None:
    assert duration(ms) == text
