"""A typed amount may be given to a real client only while it is surely in nobody's books."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.domain.story import event, in_posting_state, with_posting
from tillbridge.domain.errors import Fact
from tillbridge.domain.invoice import TYPED
from tillbridge.domain.payment import Payment
from tillbridge.domain.posting_leg import PostingState
from tillbridge.domain.whose import attached, may_attach


def typed(state: PostingState) -> Payment:
    payment = in_posting_state(state)
    return replace(payment, debt=replace(payment.debt, software=TYPED))


@pytest.mark.parametrize("state", PostingState)
def test_only_what_waits_or_asks_a_person_is_attached(state: PostingState) -> None:
    free = state in (PostingState.WAITING, PostingState.NEEDS_ATTENTION)
    assert may_attach(typed(state)) is free


@pytest.mark.parametrize("state", [PostingState.WAITING, PostingState.NEEDS_ATTENTION])
def test_what_may_be_in_the_books_is_attached_nowhere(state: PostingState) -> None:
    assert not may_attach(with_posting(typed(state), may_be_posted=True))


def test_what_was_read_from_a_screen_stays_where_it_was_read() -> None:
    assert not may_attach(in_posting_state(PostingState.WAITING))


REAL: dict[str, Fact] = {"software": "impromed", "account_id": "01042", "client": "Alvarez, Rosa"}


def test_whose_it_is_is_told_by_software_and_account() -> None:
    debt = attached(typed(PostingState.WAITING), event("payment_attached", "", **REAL))
    assert (debt.software, debt.account_id) == ("impromed", "01042")


@pytest.mark.parametrize("changes", [{"software": ""}, {"software": TYPED}, {"account_id": ""}])
def test_nobody_in_particular_is_refused(changes: dict[str, Fact]) -> None:
    with pytest.raises(ValueError, match="whose it is"):
        attached(typed(PostingState.WAITING), event("payment_attached", "", **(REAL | changes)))
