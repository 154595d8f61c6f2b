"""More was taken than fits: what fits is entered, the rest goes back or is kept."""

from __future__ import annotations

import pytest

from tests.engine.till import OWED, Till, usd
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.payment import Payment
from tillbridge.domain.posting_leg import PostingState
from tillbridge.engine.policy import HOUR, MINUTE


def does_not_fit(till: Till, fits: int = 6_000, *, link: bool = False) -> Payment:
    """Taken, and somebody paid at the desk meanwhile, in two sums: only `fits` is still owed."""
    if link:
        till.takes(known_as="link")
    else:
        till.takes()
    till.somebody_pays((OWED - fits) // 4)
    till.somebody_pays((OWED - fits) // 4 * 3)
    till.runs()
    return till.payment()


def asked(till: Till, fits: int = 6_000) -> str:
    """The marker of the posting about which a person is asked."""
    posting = does_not_fit(till, fits).postings[0]
    assert posting.reason == "does_not_fit"
    return posting.marker


def test_giving_the_rest_back_enters_what_fits_now_and_the_rest_goes_back_when_it_can() -> None:
    till = Till()
    marker = asked(till)
    till.engine.decide_rest("p1", marker, False, "Dana")
    till.runs(MINUTE)
    assert till.rows() == [1_000, 3_000, 6_000]
    assert till.went_back() == 0, "a part goes back only after the batch"
    till.settles()
    till.runs(2 * HOUR)
    assert till.went_back() == 4_000
    assert till.rows() == [1_000, 3_000, 6_000]
    assert till.payment().finished


def test_where_nothing_fits_all_of_it_goes_back_and_nothing_is_entered() -> None:
    till = Till()
    marker = asked(till, fits=0)
    till.engine.decide_rest("p1", marker, False, "Dana", till.asks())
    till.runs()
    assert till.kinds_back() == ["void"]
    assert sum(till.rows()) == OWED
    assert till.payment().finished


def test_the_same_decision_after_a_crash_is_the_same_give_back() -> None:
    till = Till(refund_before_settlement=True)
    marker = asked(till)
    count = iter(range(10))

    def crash(_append: object) -> None:
        if next(count) == 0:
            raise KeyboardInterrupt

    till.journal.after_append = crash
    with pytest.raises(KeyboardInterrupt):
        till.engine.decide_rest("p1", marker, False, "Dana")
    till.journal.after_append = lambda _append: None
    till.restarted()
    till.engine.decide_rest("p1", marker, False, "Dana")
    till.runs()
    assert till.went_back() == 4_000
    assert till.rows() == [1_000, 3_000, 6_000]


# ---- nobody stands there ------------------------------------------------------------------------------


def overpaid(till: Till, fits: int = 6_000) -> Payment:
    return does_not_fit(till, fits, link=True)


def test_too_much_on_a_link_enters_what_fits_and_a_person_is_told_of_the_rest() -> None:
    till = Till()
    payment = overpaid(till)
    assert payment.tasks == ("overpaid",)
    assert till.engine.rest_of("p1") == usd(4_000)
    assert till.rows() == [1_000, 3_000, 6_000]


def test_a_link_that_was_paid_twice_enters_nothing_the_second_time() -> None:
    till = Till()
    payment = overpaid(till, fits=0)
    assert payment.tasks == ("overpaid",)
    assert [p.state for p in payment.postings] == [PostingState.NOT_NEEDED]
    assert till.engine.rest_of("p1") == usd(OWED)


def test_what_was_paid_too_much_goes_back_and_the_task_is_done() -> None:
    till = Till(refund_before_settlement=True)
    overpaid(till)
    till.runs()
    till.gives(4_000)
    till.runs()
    assert till.went_back() == 4_000
    assert till.rows() == [1_000, 3_000, 6_000], "nothing is taken off what fits"
    assert till.payment().tasks == ()
    assert till.payment().finished


def test_what_was_paid_too_much_is_kept_as_a_prepayment() -> None:
    till = Till()
    overpaid(till)
    till.runs()
    till.engine.keep_as_prepayment("p1", "Dana")
    till.runs()
    assert till.rows("") == [4_000]
    assert [p.kind for p in till.payment().postings if p.state is PostingState.POSTED] == ["sale", "deposit"]
    assert till.payment().tasks == ()
    assert till.engine.rest_of("p1") == usd(0)
    with pytest.raises(OperatorError, match="nothing_to_decide"):
        till.engine.keep_as_prepayment("p1", "Dana")


def test_a_payment_that_fits_has_no_rest() -> None:
    till = Till(refund_before_settlement=True)
    till.pays()
    assert till.engine.rest_of("p1") == usd(0)
    till.gives(4_000)
    assert till.engine.rest_of("p1") == usd(0)
    till.runs()
    assert till.engine.rest_of("p1") == usd(0)
