"""How soon the engine looks again: as soon as a look can settle something, and not a minute later."""

from __future__ import annotations

from tillbridge.domain.payment import Payment
from tillbridge.domain.posting_leg import PostingState
from tillbridge.testing.world import TypingFault, run
from tools.benches.worlds import PAYMENT_ID, Plan, World, make_world, request

SECOND = 1_000


def paid(seconds: int, typings: tuple[TypingFault, ...]) -> tuple[World, Payment]:
    """One payment after so much time, with what goes wrong at each typing."""
    world = make_world(Plan())
    world.practice.typing_plan[:] = typings
    world.practice.row_delay_ms = 3 * SECOND
    engine = world.engine()
    engine.begin(request(21_240))
    run(engine, world.clock, world.clock.now_ms + seconds * SECOND)
    payment = world.journal.payment(PAYMENT_ID)
    assert payment is not None
    return world, payment


def test_a_typing_that_did_not_land_is_done_again_right_after_the_settling_time() -> None:
    world, payment = paid(66, ("doubt_not_committed",))  # 3 s for the card, 61 s until absence is proved

    assert payment.postings[0].state is PostingState.POSTED
    assert len(world.practice.books) == 1


def test_looks_for_an_earlier_typing_do_not_delay_those_for_the_next_one() -> None:
    world, payment = paid(72, ("doubt_not_committed", "late"))

    assert payment.postings[0].state is PostingState.POSTED
    assert len(world.practice.books) == 1
