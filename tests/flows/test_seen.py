"""What a flow has read can be filled into its later steps; and a menu item can be kept apart from itself."""

from __future__ import annotations

import pytest

from tillbridge.domain.errors import SetupError
from tillbridge.flows.apart import Apart
from tillbridge.flows.order_facts import Facts
from tillbridge.flows.steps import Given

SAVE = ("File", "Save")


def test_what_was_read_is_filled_in_with_the_text_before_it() -> None:
    facts = Facts({"number": "a fact of the order"})
    facts.remember("field.number", "000042")
    assert facts.fill(Given("seen.number")) == "000042"
    assert facts.fill(Given("seen.number", before="Invoice ")) == "Invoice 000042"
    assert facts.fill(Given("number")) == "a fact of the order"


def test_what_was_never_read_is_not_known_and_never_guessed() -> None:
    facts = Facts({"pages": "a setting"})
    assert not facts.knows(Given("seen.pages"))
    with pytest.raises(SetupError) as refused:
        facts.fill(Given("seen.pages"))
    assert refused.value.code == "fact_missing"


def test_a_menu_item_waits_for_the_rest_of_its_time_and_others_do_not() -> None:
    now = [100.0]
    apart = Apart(lambda: now[0])
    now[0] = 105.0
    assert apart.wait_s(SAVE, 1100) <= 0
    apart.used(SAVE)
    now[0] = 105.5
    assert apart.wait_s(SAVE, 1100) == pytest.approx(0.6)
    assert apart.wait_s(("File", "Print"), 1100) <= 0


def test_what_was_done_before_our_start_counts_as_just_now() -> None:
    apart = Apart(lambda: 7.0)
    assert apart.wait_s(SAVE, 1100) == pytest.approx(1.1)
