"""The bench `links` plays enough worlds of each condition, and counts what became of them as it promises."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tools.benches import judge
from tools.benches.crash_judge_real import Wanted
from tools.benches.links import HOLDS, POSTS, World, figures, planned

WANTED = Wanted(client="00017", invoice="10482", minor=21_240, currency="USD", method="Tillbridge")


def world(condition: str, **changes: object) -> World:
    made = World(condition=condition, wanted=WANTED, payment_id="p")
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def test_the_full_sample_is_as_large_as_the_targets_ask() -> None:
    counted = Counter(planned(quick=False))
    least: Any = judge.targets()["links"]["least"]
    assert min(counted[name] for name in POSTS) >= 25
    assert sum(counted[name] for name in POSTS) >= least["must_post"]
    assert sum(counted[name] for name in HOLDS) >= least["must_hold"]
    assert set(planned(quick=True)) == {*POSTS, *HOLDS}


def test_what_became_of_each_link_is_counted() -> None:
    right = [
        world("in_front", posted=True, seconds=2.0),
        world("closed", posted=True, seconds=9.0),
        world("by_hand", asked="typed_by_hand"),
    ]
    told = figures(right)
    assert (told["must_post"], told["posted_unattended"]) == (2, 2)
    assert (told["must_hold"], told["held"], told["wrong"], told["duplicate"]) == (1, 1, 0, 0)
    assert (told["p50_s"], told["p95_s"]) == (9.0, 9.0)


def test_a_link_that_asked_was_lost_or_came_twice_is_told() -> None:
    told = figures(
        [
            world("in_front", posted=True, asked="waits_long"),
            world("closed", wrong="taken, not posted"),
            world("typing", posted=True, double=True, wrong="double posting"),
            world("paid_otherwise", posted=True, wrong="posted, though the software refused it"),
        ]
    )
    assert (told["posted_unattended"], told["held"]) == (1, 0)
    assert (told["wrong"], told["duplicate"]) == (3, 1)
