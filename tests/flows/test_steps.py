"""Every other kind of step on a small program of its own: menus, secrets, ticked rows, conditions, waits."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.flows.fake_impromed import TODAY, FakeGuard, Notes, order
from tillbridge.domain.errors import TillbridgeError
from tillbridge.flows.fingerprint import Recognised
from tillbridge.flows.order_facts import Value, facts_of
from tillbridge.flows.pack import Pack
from tillbridge.flows.practice import Desk, PackPractice
from tillbridge.flows.reading_run import Read, read
from tillbridge.flows.shelf import sound
from tillbridge.flows.walk import Walk
from tillbridge.screen.backend import Act, Press, SetText
from tillbridge.screen.backends.fake import FakeBackend, FakeControl, FakeWindow

PACK = """
[pack]
language = 1
software = "small"
version = "1"
evidence = "seen"
flows = ["read_ledger"]
[settings]
drawer = { kind = "text" }
[format.money]
currency = "USD"
write = "1.00"
[format.date]
read = ["MM/DD/YYYY"]
write = "MM/DD/YYYY"
[[fingerprint]]
window = "main"
has = ["name", "rows"]
[window.main]
title = "Small {book:code}"
[window.find]
title = "Find"
owner = "main"
[control.name]
in = "main"
role = "edit"
find = [{ id = "name" }]
[control.password]
in = "main"
role = "edit"
find = [{ id = "password" }]
[control.colour]
in = "main"
role = "choice"
find = [{ id = "colour" }]
[control.done]
in = "main"
role = "check"
find = [{ id = "done" }]
[control.go]
in = "main"
role = "button"
find = [{ id = "go" }]
[control.pane]
in = "main"
role = "list"
find = [{ id = "pane" }]
[control.inner]
in = "main"
role = "edit"
find = [{ label = "Twin" }]
within = "pane"
[field.note]
in = "main"
find = [{ id = "note" }]
format = "text"
optional = true
[field.day]
in = "main"
find = [{ id = "day" }]
format = "date"
[list.rows]
in = "main"
find = [{ id = "rows" }]
key = "reference"
columns = { on = "#check", chosen = "#selected", date = "Date", reference = "Ref", amount = "Amount" }
formats = { date = "date", amount = "money" }
[list.parts]
in = "main"
find = [{ id = "parts" }]
key = "reference"
columns = { date = "Date", reference = "Ref", amount = "Amount" }
formats = { date = "date", amount = "money" }
[control.greyed_colour]
in = "main"
role = "choice"
find = [{ id = "greyed" }]
greyed = true
[flow.read_ledger]
needs = ["$marker", "$drawer", "$amount", "$invoice_number", "$today"]
steps = [
STEPS
]
returns = { rows = "rows" }
"""
ALWAYS = '{ read_rows = "rows" },'
"""Behind all steps, unless they have read rows already."""


class Small:
    """The program and a way to run steps on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.main = FakeWindow(
            "Small B7",
            [
                FakeControl("edit", id="name"),
                FakeControl("edit", id="password"),
                FakeControl("choice", id="colour", text="red", options=("red", "green")),
                FakeControl("check", id="done", checked=False),
                FakeControl("button", id="go", on_press=self.open_find),
                FakeControl("text", id="day", text="11/22/2026"),
                FakeControl(
                    "list",
                    id="rows",
                    captions=("Date", "Ref", "Amount"),
                    cells=[
                        ["11/22/2026", "A", "1.00"],
                        ["11/22/2026", "B", "2.00"],
                        ["11/21/2026", "C", "2.00"],
                    ],
                    ticks=[True, False, True],
                    selected=0,
                    on_set=self.show_parts,
                ),
                FakeControl("list", id="parts", captions=("Date", "Ref", "Amount")),
                FakeControl("choice", id="greyed", text="red", options=("red", "green"), enabled=False),
            ],
        )
        self.backend = FakeBackend(self.main, name="small")
        self.notes = Notes()
        self.bursts = 0

    def open_find(self) -> None:
        self.backend.open.append(FakeWindow("Find", [], kind="dialog", owner=self.main))

    def show_parts(self, rows: FakeControl) -> None:
        """What a row is made of, once it is selected."""
        reference = rows.cells[rows.selected][1]
        self.main["parts"].cells = [["11/22/2026", f"{reference}{part}", "0.50"] for part in (1, 2)]

    def pack(self, *steps: str) -> Pack:
        folder = self.folder / "small/1"
        folder.mkdir(parents=True, exist_ok=True)
        always = "" if any("read_each" in step for step in steps) else ALWAYS
        (folder / "pack.toml").write_text(PACK.replace("STEPS", ",\n".join(steps) + ",\n" + always))
        return sound(folder)

    def walk(self, pack: Pack) -> Walk:
        desk = Desk(
            backend=self.backend,
            guard=FakeGuard(),
            clock=lambda: self.backend.now,
            today=lambda: TODAY,
            log=lambda name: self.notes,
            secrets=lambda name: f"<{name}>",
            settings={"drawer": "green"},
        )
        self.bursts += 1000
        practice = PackPractice(desk, [pack], first_burst=self.bursts)
        facts = facts_of(order(), desk.settings, TODAY)
        flow = pack.flows["read_ledger"]
        return practice._walk(Recognised(pack, self.backend.program), facts, flow, self.notes)

    def run(self, *steps: str) -> tuple[Mapping[str, Value], Read]:
        """Values read on the way, and what the flow returned. Raises TillbridgeError."""
        pack = self.pack(*steps)
        walk = self.walk(pack)
        done = read(pack.flows["read_ledger"], walk, self.notes.note)
        return walk.read, done

    def refused(self, *steps: str) -> str:
        with pytest.raises(TillbridgeError) as stopped:
            self.run(*steps)
        return stopped.value.code

    def acts(self) -> list[Act]:
        return self.backend.log


@pytest.fixture
def small(tmp_path: Path) -> Small:
    return Small(tmp_path)


def test_text_is_set_as_given_and_with_words_before_it(small: Small) -> None:
    small.run('{ set = "name", value = "Payment $marker" }')
    assert small.main["name"].text == "Payment V4242-K7Q9"
    small.run('{ set = "name", value = "$today" }')
    assert small.main["name"].text == "11/22/2026"
    small.run('{ set = "name", value = "$amount" }')
    assert small.main["name"].text == "212.40"


def test_what_another_list_shows_of_each_row_is_read_as_one_list(small: Small) -> None:
    _, done = small.run('{ read_each = "rows", shows = "parts", where = { amount = 200 } }')
    assert done.rows is not None
    assert [row.texts["reference"] for row in done.rows.rows] == ["B1", "B2", "C1", "C2"]
    assert done.rows.complete


def test_a_list_whose_end_nobody_saw_makes_all_of_it_incomplete(small: Small) -> None:
    for silent in ("rows", "parts"):
        small.main["rows"].all_rows = small.main["parts"].all_rows = True
        small.main[silent].all_rows = False
        _, done = small.run('{ read_each = "rows", shows = "parts" }')
        assert done.rows is not None
        assert len(done.rows.rows) == 6
        assert not done.rows.complete


def test_a_choice_is_taken_while_it_is_grey_only_where_the_pack_says_so(small: Small) -> None:
    small.run('{ choose = "greyed_colour", value = "green" }')
    assert small.main["greyed"].text == "green"
    small.main["colour"].enabled = False
    assert small.refused('{ choose = "colour", value = "green" }') == "control_disabled"


def test_a_secret_is_typed_and_told_to_nobody(small: Small) -> None:
    small.run('{ set = "password", secret = "cashier" }')
    assert small.main["password"].text == "<cashier>"
    [act] = [act for act in small.acts() if isinstance(act, SetText)]
    assert act.secret
    assert "<cashier>" not in small.notes.text()


def test_a_choice_takes_a_setting(small: Small) -> None:
    small.run('{ choose = "colour", value = "$drawer" }')
    assert small.main["colour"].text == "green"


def test_a_fixed_choice_that_is_not_offered_is_the_packs_fault(small: Small) -> None:
    assert small.refused('{ choose = "colour", value = "blue" }') == "choice_missing"


@pytest.mark.parametrize(("word", "on"), [("tick", True), ("untick", False)])
def test_a_check_box_and_single_rows_are_ticked(word: str, on: bool, small: Small) -> None:
    small.run(f'{{ {word} = "done" }}', f'{{ {word} = "rows", where = {{ reference = "B" }} }}')
    assert small.main["done"].checked is on
    assert small.main["rows"].ticks == [True, on, True]


def test_only_the_wanted_row_stays_ticked_and_right_ones_are_not_touched(small: Small) -> None:
    small.run('{ tick_only = "rows", where = { reference = "C" } }')
    assert small.main["rows"].ticks == [False, False, True]
    assert len(small.acts()) == 1, "one act: row C was ticked and row B was not"


def test_a_row_is_selected_by_any_column(small: Small) -> None:
    small.run('{ select_row = "rows", where = { amount = 200, date = "$today" } }')
    assert small.main["rows"].selected == 1


@pytest.mark.parametrize(
    ("where", "code"), [('{ reference = "X" }', "row_missing"), ("{ amount = 200 }", "row_ambiguous")]
)
def test_no_row_and_two_rows_are_both_refused(where: str, code: str, small: Small) -> None:
    assert small.refused(f'{{ select_row = "rows", where = {where} }}') == code


def test_one_row_is_read_by_selection_by_key_or_as_the_only_one(small: Small) -> None:
    values, _ = small.run('{ read_row = "rows", which = "selected" }')
    assert values["row.reference"] == "A"
    values, _ = small.run('{ read_row = "rows", where = { reference = "B" } }')
    assert (values["row.amount"], values["row.on"], values["row.chosen"]) == (200, False, False)
    assert small.refused('{ read_row = "rows", which = "only" }') == "no_invoice_open"


def test_rows_are_read_by_a_condition(small: Small) -> None:
    pack = small.pack('{ read_rows = "rows", where = { amount = 200 } }')
    walk = small.walk(pack)
    walk.steps(pack.flows["read_ledger"].steps[:1], "reading")
    assert [row.texts["reference"] for row in walk.lists["rows"].rows] == ["B", "C"]


def test_a_row_is_expected_with_the_others_different(small: Small) -> None:
    has = "has = { chosen = true, amount = 100 }, others = { chosen = false }"
    step = f'{{ expect_row = "rows", where = {{ reference = "A" }}, {has} }}'
    small.run(step)
    assert small.refused(step.replace("100", "101")) == "read_back_differs"
    assert (
        small.refused(step.replace("others = { chosen = false }", "others = { on = false }"))
        == "read_back_differs"
    )


def test_what_is_expected_may_become_true_in_a_moment(small: Small) -> None:
    small.backend.later.append(lambda: setattr(small.main["name"], "text", "now"))
    small.run('{ expect = "control.name", is = "now" }')
    assert small.refused('{ expect = "control.name", is = "never" }') == "read_back_differs"


def test_a_title_is_expected_too(small: Small) -> None:
    small.run('{ expect = "window.main.book", is = "B7" }')
    assert small.refused('{ expect = "window.main.book", is = "B8" }') == "read_back_differs"


def test_an_optional_text_that_is_not_there_is_empty(small: Small) -> None:
    values, _ = small.run('{ read = ["note", "day", "control.name"] }')
    assert values == {"field.note": "", "field.day": TODAY, "control.name": ""}


def test_a_date_that_cannot_be_read_is_told(small: Small) -> None:
    small.main["day"].text = "22.11.2026"
    assert small.refused('{ read = ["day"] }') == "text_unreadable"


def test_a_menu_is_used_by_the_words_of_its_path(small: Small) -> None:
    file = FakeControl("menu", name="File")
    save = FakeControl("menu_item", name="Save", inside=file, on_press=small.open_find)
    other = FakeControl("menu_item", name="Save")
    small.main.controls += [file, save, other]
    small.run('{ menu = ["File", "Save"], in = "main", opens = "find" }')
    assert [window.title for window in small.backend.open] == ["Small B7", "Find"]
    assert small.refused('{ menu = ["File", "Close"], in = "main" }') == "control_missing"


def test_a_window_that_opens_is_waited_for(small: Small) -> None:
    small.main["go"].on_press = lambda: small.backend.later.append(small.open_find)
    small.run('{ press = "go", opens = "find" }', '{ wait = "shown", of = "window.find" }')
    assert len(small.backend.open) == 2


def test_a_window_that_never_opens_ends_the_flow(small: Small) -> None:
    small.main["go"].on_press = None
    assert small.refused('{ press = "go", opens = "find" }') == "software_busy"


def test_a_window_that_is_open_already_is_a_persons(small: Small) -> None:
    small.open_find()
    assert small.refused('{ press = "go", opens = "find" }') == "window_open"


@pytest.mark.parametrize(
    ("when", "pressed"), [("window.find", 0), ("$is_full", 1), ("$is_partial", 0), ("shown", 1)]
)
def test_a_step_with_a_condition_is_done_only_when_it_holds(when: str, pressed: int, small: Small) -> None:
    small.run(f'{{ press = "go", when = "{when}" }}')
    assert sum(isinstance(act, Press) for act in small.acts()) == pressed


def test_the_state_of_the_steps_own_control_is_a_condition(small: Small) -> None:
    small.main["colour"].enabled = False
    small.run('{ choose = "colour", value = "green", when = "enabled" }')
    assert small.main["colour"].text == "red"


def test_waits_end_when_what_they_wait_for_is_there(small: Small) -> None:
    go, colour = small.main["go"], small.main["colour"]
    go.enabled, colour.shown = False, False
    small.backend.later.extend(
        [lambda: setattr(go, "enabled", True), lambda: setattr(colour, "shown", True), small.open_find]
    )
    small.run('{ wait = "enabled", of = "go" }', '{ wait = "shown", of = "colour" }')
    small.backend.later.append(lambda: setattr(colour, "shown", False))
    small.run('{ wait = "gone", of = "colour" }', '{ wait = "enabled", of = "window.main" }')
    assert not small.backend.later


@pytest.mark.parametrize("of", ["window.find", "colour"])
def test_a_wait_for_nothing_ends_the_flow(of: str, small: Small) -> None:
    small.main["colour"].shown = False
    assert small.refused(f'{{ wait = "shown", of = "{of}" }}') == "software_busy"


def test_a_disabled_control_is_waited_for_and_then_told(small: Small) -> None:
    small.main["go"].enabled = False
    assert small.refused('{ press = "go" }') == "control_disabled"
    small.backend.later.append(lambda: setattr(small.main["go"], "enabled", True))
    small.run('{ press = "go" }')


def test_what_was_read_can_be_used_further_on(small: Small) -> None:
    small.run('{ read_row = "rows", which = "selected" }', '{ set = "name", value = "Row $seen.reference" }')
    assert small.main["name"].text == "Row A"


def test_a_control_is_found_inside_its_container(small: Small) -> None:
    pane = FakeControl("list", id="pane")
    small.main.controls += [
        pane,
        FakeControl("edit", label="Twin", inside=pane),
        FakeControl("edit", label="Twin"),
    ]
    small.run('{ set = "inner", value = "$marker" }')
    assert [one.text for one in small.main.controls if one.label == "Twin"] == ["V4242-K7Q9", ""]
