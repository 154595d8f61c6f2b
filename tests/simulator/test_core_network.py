"""The card network in virtual time: terminals, kills, magic amounts, faults, batches."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from tillbridge.simulator.core.calls import Answer, Call
from tillbridge.simulator.core.entries import Kind
from tillbridge.simulator.core.faults import Fault, FaultKind, Line
from tillbridge.simulator.core.magic import TABLE, WIRE_TABLE
from tillbridge.simulator.core.network import CardNetwork
from tillbridge.simulator.core.report import settlement
from tillbridge.simulator.core.settings import DAY_MS, OnRepeat, Settings
from tillbridge.simulator.core.terminal import Face, Terminal

START_MS = 1_700_000_000_000
DESK = "front-desk-1"
README = Path(__file__).parents[2] / "src/tillbridge/simulator/README.md"


class World:
    """One network with one terminal, its clock, and short words for what tests do."""

    def __init__(self, settings: Settings) -> None:
        self.now_ms = START_MS
        self.line = Line(CardNetwork(settings, [Terminal(DESK, "Front Desk 1", auto=settings.auto)]))

    def call(self, op: str, **body: object) -> Answer:
        delivery = self.line.deliver(Call(op, body), self.now_ms)
        assert delivery.answer is not None
        return delivery.answer

    def start(self, reference: str, amount: int, kind: str = "sale") -> Answer:
        return self.call(
            "start", reference=reference, amount=amount, currency="USD", terminal=DESK, kind=kind
        )

    def press(self, button: str, **more: Any) -> None:
        self.line.network.counter.press(DESK, button, self.now_ms, **more)

    def wait(self, ms: int) -> None:
        self.now_ms += ms
        self.line.advance(self.now_ms)

    def state(self, reference: str) -> object:
        return cast(dict[str, object], self.call("inquire", reference=reference).body["payment"])["state"]

    def captured(self, reference: str) -> list[int]:
        return [
            line.amount
            for line in self.line.network.books.entries
            if line.kind is Kind.CAPTURE and line.reference == reference
        ]

    @property
    def face(self) -> Face:
        return self.line.network.counter.terminals[DESK].face


@pytest.fixture
def world() -> World:
    return World(Settings(seed=1))


@pytest.fixture
def auto_world() -> World:
    return World(Settings(seed=1, auto=True))


def error(answer: Answer) -> object:
    return cast(dict[str, object], answer.body["error"])["code"]


def test_a_tapped_sale_goes_through_every_face_of_the_terminal(world: World) -> None:
    faces = [world.face]
    world.start("TBONE", 21240)
    faces.append(world.face)
    world.press("tap")
    faces.append(world.face)
    world.wait(1000)
    faces.append(world.face)
    world.wait(5000)
    faces.append(world.face)
    assert faces == [Face.IDLE, Face.WAITING, Face.PROCESSING, Face.APPROVED, Face.IDLE]
    assert world.captured("TBONE") == [21240]


def test_an_inserted_card_keeps_the_terminal_busy_until_it_is_out(world: World) -> None:
    world.start("TBONE", 1000)
    world.press("insert")
    world.wait(60_000)
    faces = [world.face]
    assert error(world.start("TBTWO", 1000)) == "terminal_busy"
    world.press("remove")
    world.wait(2_000)
    faces.append(world.face)
    assert faces == [Face.APPROVED, Face.IDLE]
    assert world.start("TBTWO", 1000).status == 200


def test_taking_the_card_out_early_undoes_nothing(world: World) -> None:
    world.start("TBONE", 1000)
    world.press("insert")
    world.press("remove")
    world.wait(5000)
    assert world.captured("TBONE") == [1000]


def test_a_tap_before_the_cancel_takes_effect_wins(world: World) -> None:
    world.start("TBONE", 1000)
    assert world.call("cancel", reference="TBONE", terminal=DESK).body["cancel"] == "requested"
    world.press("tap")
    world.wait(5000)
    assert world.state("TBONE") == "approved"


def test_a_cancel_after_the_tap_is_too_late(world: World) -> None:
    world.start("TBONE", 1000)
    world.press("tap")
    assert world.call("cancel", reference="TBONE", terminal=DESK).body["cancel"] == "too_late"


def test_a_killed_sale_is_not_charged_even_when_the_bank_was_asked(world: World) -> None:
    world.start("TBONE", 1000)
    world.press("tap")
    assert world.call("kill", reference="TBONE").body["kill"] == "acknowledged"
    world.wait(5000)
    assert world.captured("TBONE") == []
    assert world.state("TBONE") == "cancelled"


def test_killing_after_the_batch_says_too_late(world: World) -> None:
    world.start("TBONE", 1000)
    world.press("tap")
    world.wait(5000)
    world.line.network.settle(world.now_ms)
    assert world.call("kill", reference="TBONE").body["kill"] == "too_late"


def test_a_pulled_cable_before_the_tap_charges_nothing_and_times_out(world: World) -> None:
    world.start("TBONE", 1000)
    world.press("pull")
    assert world.face is Face.OFFLINE
    world.wait(200_000)
    assert world.state("TBONE") == "cancelled"


def test_a_pulled_cable_after_the_tap_is_charged_and_hidden_for_a_while(world: World) -> None:
    world.start("TBONE", 1000)
    world.press("tap")
    world.press("pull")
    world.wait(2000)
    assert error(world.call("inquire", reference="TBONE")) == "cannot_tell"
    world.wait(10_000)
    assert world.state("TBONE") == "approved"


def test_a_keyed_number_leaves_only_its_last_four_digits(world: World) -> None:
    world.start("TBONE", 1000, "keyed")
    world.press("key", number="5555555555554444")
    world.wait(2000)
    record = world.line.network.books.of_reference("TBONE")[0]
    assert (record.brand, record.last4, record.entry_mode) == ("Mastercard", "4444", "keyed")
    assert "555555" not in repr(world.line.network.books.entries)


def test_a_stored_card_can_be_charged_and_forgotten(world: World) -> None:
    world.start("TBKEEP", 0, "store_card")
    world.press("tap")
    world.wait(5000)
    token = world.line.network.books.of_reference("TBKEEP")[0].token
    charge = {"token": token, "reference": "TBCHG", "amount": 2500, "currency": "USD"}
    assert world.call("charge_token", **charge).status == 200
    assert world.captured("TBCHG") == [2500]
    world.call("forget_token", token=token)
    assert error(world.call("charge_token", **{**charge, "reference": "TBCHG2"})) == "token_gone"


def test_an_entry_page_takes_test_numbers_only_and_closes(world: World) -> None:
    body = {"reference": "TBPAGE", "amount": 4000, "currency": "USD", "entry_kind": "card", "where": "page"}
    session = cast(dict[str, str], world.call("open_entry", **body).body["session"])
    pages = world.line.network.pages
    with pytest.raises(Exception, match="not_a_test_card"):
        pages.submit(session["id"], "4111111111111111", world.now_ms)
    pages.submit(session["id"], "4242424242424242", world.now_ms)
    assert world.state("TBPAGE") == "approved"
    assert world.call("close_entry", session=session["id"]).body["cancel"] == "nothing_running"


def test_a_bank_debit_waits_for_the_batch_and_may_be_returned(world: World) -> None:
    body = {"reference": "TBACH", "amount": 4000, "currency": "USD", "entry_kind": "bank", "where": "link"}
    session = cast(dict[str, str], world.call("open_entry", **body).body["session"])
    world.line.network.pages.submit(session["id"], "000123456789", world.now_ms)
    assert world.state("TBACH") == "pending"
    world.line.network.settle(world.now_ms)
    assert world.state("TBACH") == "approved"
    record = world.line.network.books.of_reference("TBACH")[0]
    world.line.network.days.bank_returns(record.provider_ref, "R01", world.now_ms)
    told = [(item["kind"], item["code"]) for item in settlement(world.line.network.books, 0)]
    assert told == [("sale", ""), ("fee", ""), ("return", "R01")]
    assert world.line.network.books.balance() == 0


def test_the_batch_closes_by_itself_every_day() -> None:
    world = World(Settings(seed=1, batch_every_ms=DAY_MS))
    world.start("TBONE", 1000)
    world.press("tap")
    world.wait(5000)
    world.wait(DAY_MS)
    assert world.line.network.books.of_reference("TBONE")[0].batch == "B00001"


def test_one_seed_and_one_list_of_calls_give_the_same_books() -> None:
    def played(seed: int) -> list[object]:
        world = World(Settings(seed=seed, auto=True))
        for number in range(5):
            world.start(f"TBREF{number}", 1000 + number)
            world.wait(9000)
        return list(world.line.network.books.entries)

    assert played(5) == played(5)
    assert played(5) != played(6)


@pytest.mark.parametrize("ending", TABLE)
def test_magic_amounts_do_what_their_row_says(auto_world: World, ending: int) -> None:
    auto_world.start("TBMAGIC", 5000 + ending)
    auto_world.wait(200_000)
    state, row = auto_world.state("TBMAGIC"), TABLE[ending]
    taken = {"approve": [5000 + ending], "pull_cable": [5000 + ending], "partial": [(5000 + ending) // 2]}
    assert auto_world.captured("TBMAGIC") == taken.get(row.deed.value, [])
    assert state == {"decline": "declined", "cancel": "cancelled", "walk_away": "cancelled"}.get(
        row.deed, "approved"
    )


@pytest.mark.parametrize("ending", WIRE_TABLE)
def test_magic_amounts_of_the_line_fail_once(auto_world: World, ending: int) -> None:
    body = {"reference": "TBLINE", "amount": 5000 + ending, "currency": "USD", "terminal": DESK}
    first = auto_world.line.deliver(Call("start", body), auto_world.now_ms)
    again = auto_world.line.deliver(Call("start", body), auto_world.now_ms)
    assert first.answer is None or first.answer.status == 503
    assert again.answer is not None
    assert again.answer.status == 200


def test_pressed_terminals_do_not_obey_magic_amounts(world: World) -> None:
    world.start("TBONE", 5061)
    world.press("tap")
    world.wait(5000)
    assert world.state("TBONE") == "approved"


def test_a_repeat_on_a_network_without_keys_charges_again() -> None:
    world = World(Settings(seed=1, auto=True, on_repeat=OnRepeat.CHARGED_AGAIN))
    for _ in range(2):
        world.start("TBONE", 1000)
        world.wait(10_000)
    assert world.captured("TBONE") == [1000, 1000]


def test_a_repeat_may_be_refused_as_a_duplicate() -> None:
    world = World(Settings(seed=1, auto=True, on_repeat=OnRepeat.REFUSED))
    world.start("TBONE", 1000)
    world.wait(10_000)
    assert error(world.start("TBONE", 1000)) == "duplicate_reference"


def test_while_a_locked_late_commit_is_under_way_its_key_is_in_use(world: World) -> None:
    world.line.plan.faults.append(Fault(FaultKind.COMMIT_LATE, op="start", delay_ms=5000, locked=True))
    body = {"reference": "TBONE", "amount": 1000, "currency": "USD", "terminal": DESK}
    assert world.line.deliver(Call("start", body), world.now_ms).how == "closed"
    assert error(world.start("TBONE", 1000)) == "key_in_use"
    world.wait(6000)
    assert world.state("TBONE") == "running"


def test_a_hidden_sale_is_not_found_for_a_while_though_it_was_charged(auto_world: World) -> None:
    auto_world.line.plan.faults.append(Fault(FaultKind.HIDE, op="start", delay_ms=60_000))
    auto_world.start("TBONE", 1000)
    auto_world.wait(20_000)
    assert auto_world.captured("TBONE") == [1000]
    assert error(auto_world.call("inquire", reference="TBONE")) == "not_found"
    auto_world.wait(60_000)
    assert auto_world.state("TBONE") == "approved"


def test_a_fault_by_chance_hits_about_its_share(world: World) -> None:
    world.line.plan.faults.append(Fault(FaultKind.LOSE_REQUEST, times=0, chance_ppm=250_000))
    lost = sum(world.line.deliver(Call("terminals"), world.now_ms).how == "closed" for _ in range(1000))
    assert 180 < lost < 320


def test_after_a_restart_what_waited_for_a_card_is_cancelled(world: World) -> None:
    world.start("TBONE", 1000)
    again = CardNetwork(Settings(seed=1), [Terminal(DESK, "Front Desk 1")], world.line.network.books.entries)
    again.resume(world.now_ms)
    assert again.books.of_reference("TBONE")[0].by == "gateway"


@pytest.mark.parametrize(
    ("op", "body", "code"),
    [
        ("start", {"reference": "1BAD", "amount": 1, "currency": "USD", "terminal": DESK}, "invalid_request"),
        ("start", {"reference": "TBONE", "amount": 0, "currency": "USD", "terminal": DESK}, "invalid_request"),
        ("start", {"reference": "TBONE", "amount": 1.5, "currency": "USD", "terminal": DESK}, "invalid_request"),
        ("start", {"reference": "TBONE", "amount": True, "currency": "USD", "terminal": DESK}, "invalid_request"),
        ("start", {"reference": "TBONE", "amount": 5, "currency": "EUR", "terminal": DESK}, "unsupported"),
        ("start", {"reference": "TBONE", "amount": 5, "currency": "USD", "terminal": "none"}, "terminal_not_known"),
        ("start", {"reference": "TBONE", "amount": 10**8, "currency": "USD", "terminal": DESK}, "amount_limit"),
        ("inquire", {"reference": "TBONE"}, "not_found"),
        ("refund", {"reference": "TBONE", "refund_reference": "TBTWO", "amount": 5}, "not_found"),
        ("bogus", {}, "unsupported"),
    ],
)  # fmt: skip
def test_a_bad_request_is_refused_and_writes_nothing(
    world: World, op: str, body: dict[str, object], code: str
) -> None:
    assert error(world.call(op, **body)) == code
    assert world.line.network.books.entries == []


def test_the_readme_lists_every_magic_amount_as_the_table_has_it() -> None:
    text = README.read_text(encoding="utf-8")
    rows = [f"| x.{ending} | {row.says} |" for ending, row in TABLE.items()]
    assert [row for row in rows if row not in text] == []
    assert [ending for ending in WIRE_TABLE if f"| x.{ending} |" not in text] == []
