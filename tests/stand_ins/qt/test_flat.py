"""The v7 skin, driven from outside by accessibility: one payment window for all clients, and when it can post."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.stand_ins.qt.eyes import SENSITIVE, SHOWING, Eyes, Gone, Node
from tests.stand_ins.running import SOURCE, Server, until
from tillbridge.stand_ins import profile
from tillbridge.testing.desktop import Desktop

pytestmark = pytest.mark.screen
MAIN = "ImproMed 7 - 01042 Alvarez, Rosa"
REVERSE = "Reverse payment - 01042 Alvarez, Rosa"
V7 = profile.load("v7").controls


@pytest.fixture(scope="module")
def eyes(desktop: Desktop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Eyes]:
    """The skin is open on client 01042; one for all tests of this file."""
    made = Eyes(desktop)
    with Server(tmp_path_factory.mktemp("books"), "--profile", "v7") as server:
        words = ["-m", "tillbridge.stand_ins.qt", "--profile", "v7", "--server", server.url]
        skin = desktop.spawn([sys.executable, *words], env={"PYTHONPATH": str(SOURCE)})
        yield made
        skin.kill()
        skin.wait()
    made.close()


@pytest.fixture
def window(eyes: Eyes) -> Iterator[Node]:
    """The payment window, opened on 01042 and discarded afterwards."""
    eyes.press(eyes.find(eyes.window(MAIN), V7["pay"].id))
    found = until(lambda: _shown(eyes), "the payment window")
    yield found
    eyes.press(eyes.find(found, V7["cancel"].id))
    if _asks(eyes):
        box = eyes.window("ImproMed 7")
        eyes.press(eyes.by_name(box, "push button", "Discard payment"))
    until(lambda: _shown(eyes) is None, "the payment window is gone")


def _shown(eyes: Eyes) -> Node | None:
    try:
        found = [window for window in eyes.windows() if eyes.name(window).startswith("Take Payment")]
        return found[0] if found and eyes.has(found[0], SHOWING) else None
    except Gone:  # a window that goes while it is looked at: look again
        return _shown(eyes)


def _asks(eyes: Eyes) -> bool:
    return until(lambda: _shown(eyes) is None or "ImproMed 7" in eyes.titles(), "an end") and (
        "ImproMed 7" in eyes.titles()
    )


def _can_post(eyes: Eyes, window: Node) -> bool:
    return eyes.has(eyes.find(window, V7["ok"].id), SENSITIVE)


def test_every_control_of_the_profile_is_there_under_its_id(eyes: Eyes, window: Node) -> None:
    ids = _ids(eyes, eyes.window(MAIN)) | _ids(eyes, window) | _ids(eyes, _reversing(eyes))
    eyes.press(eyes.find(eyes.window(REVERSE), V7["close_reverse"].id))
    until(lambda: REVERSE not in eyes.titles(), "the window that reverses is gone")
    assert {control.id for control in V7.values()} - ids == set()


def _ids(eyes: Eyes, top: Node) -> set[str]:
    return {eyes._property(node, "AccessibleId").rsplit(".", 1)[-1] for node in eyes.all(top)}


def _reversing(eyes: Eyes, row: int = 1) -> Node:
    """The window that reverses a payment, opened on a row of the account history (the second is a payment)."""
    main = eyes.window(MAIN)
    eyes.press(eyes.by_name(main, "page tab", V7["transactions_tab"].caption))
    eyes.select_row(eyes.find(main, V7["transactions"].id), row)
    eyes.press(eyes.find(main, V7["reverse"].id))
    return eyes.window(REVERSE)


def test_cells_that_the_list_draws_itself_tell_accessibility_their_texts(eyes: Eyes) -> None:
    rows = eyes.rows(eyes.find(eyes.window(MAIN), V7["invoices"].id))
    assert [(row[0], row[5]) for row in rows] == [("10467", "55.50"), ("10482", "212.40")]


def test_nothing_can_be_posted_before_a_cashier_and_new_totals_are_there(eyes: Eyes, window: Node) -> None:
    amount, password = eyes.find(window, V7["amount"].id), eyes.find(window, V7["password"].id)
    eyes.focus(amount)
    eyes.write(amount, "100")
    assert eyes.name(eyes.find(window, V7["tendered"].id)) == "..."
    eyes.focus(password)
    until(lambda: eyes.name(eyes.find(window, V7["tendered"].id)) == "100.00", "the new totals")
    assert not _can_post(eyes, window)
    eyes.write(password, "cashier")
    eyes.focus(eyes.find(window, V7["parking"].id))
    until(lambda: _can_post(eyes, window), "the cashier is known")
    assert eyes.name(eyes.find(window, V7["cashier"].id)) == "Dana Brooks"
    eyes.focus(amount)
    eyes.write(amount, "50")
    assert not _can_post(eyes, window)


def test_the_menu_of_the_amount_offers_the_two_usual_ones(eyes: Eyes, window: Node) -> None:
    eyes.focus(eyes.find(window, V7["amount"].id))
    eyes.keys(eyes.name(window), "Menu", "Down", "Down", "Return")  # a menu that is open gets all keys
    until(lambda: eyes.text(eyes.find(window, V7["amount"].id)) == "267.90", "the client's balance")


def test_refund_shows_the_same_window_and_says_inside_that_it_gives_back(eyes: Eyes, window: Node) -> None:
    kind, post = eyes.find(window, V7["kind"].id), eyes.find(window, V7["ok"].id)
    assert (eyes.name(kind), eyes.name(post)) == ("Payment", "Post")
    main = eyes.window(MAIN)
    eyes.press(eyes.by_name(main, "page tab", V7["transactions_tab"].caption))
    eyes.press(eyes.find(main, V7["refund"].id))
    until(lambda: eyes.name(kind) == "Refund", "the window gives back")
    assert eyes.name(post) == "Post refund"
    assert [row[0] for row in eyes.rows(eyes.find(window, V7["apply_to"].id))] == ["On account"]
    eyes.press(eyes.find(main, V7["pay"].id))
    until(lambda: eyes.name(kind) == "Payment", "the window takes again")
    assert [row[0] for row in eyes.rows(eyes.find(window, V7["apply_to"].id))][-1] == "On account"
