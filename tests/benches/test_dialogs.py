"""The bench `dialogs`: every message has an end written down, and an end that differs is seen."""

from __future__ import annotations

import pytest

from tillbridge.stand_ins.ledger_server.faults import DIALOGS, MOMENTS
from tools.benches import dialogs_table
from tools.benches.crash_judge import Verdict
from tools.benches.dialogs import figures
from tools.benches.dialogs_play import Thrown
from tools.benches.dialogs_table import VERSIONS, Case, case_of, cases

RIGHT = Verdict(wrong=False, double_charge=False, double_posting=False, lost=False)
LOST = Verdict(wrong=True, double_charge=False, double_posting=False, lost=True, why="taken, not posted")


def played(key: str, seen: str, verdict: Verdict | None = RIGHT, *pressed: str) -> Thrown:
    done = Thrown(case=case_of(key), profile="v6", lane=0, seen=seen, struck=True, verdict=verdict)
    done.pressed += pressed
    return done


def thrown(version: int, seed: int = 1) -> list[Case]:
    return cases(DIALOGS, MOMENTS, version, seed, quick=False)


@pytest.mark.parametrize("version", range(VERSIONS))
def test_every_message_that_the_stand_in_throws_has_an_end_in_every_version(version: int) -> None:
    found = thrown(version)
    assert {case.dialog for case in found if case.kind == "post"} == set(DIALOGS)
    assert {case.moment for case in found if case.kind != "read"} == set(MOMENTS)
    assert len(found) == len({case.key for case in found})


def test_the_first_version_meets_every_message_at_every_moment_of_a_posting() -> None:
    posting = [case for case in thrown(0) if case.kind == "post"]
    assert len(posting) == len(DIALOGS) * (len(MOMENTS) - 1)


def test_the_others_meet_every_moment_with_so_many_seeds() -> None:
    seeds = range(len(MOMENTS) - 1)
    met = {case for seed in seeds for case in thrown(1, seed) if case.kind == "post"}
    assert met == {case for case in thrown(0) if case.kind == "post"}


@pytest.mark.parametrize("kind", ["rehearse", "read"])
def test_every_message_meets_a_rehearsal_and_a_read_in_some_version(kind: str) -> None:
    found = [case for version in range(VERSIONS) for case in thrown(version)]
    assert {case.dialog for case in found if case.kind == kind} == set(DIALOGS)


def test_the_full_sample_is_large_enough() -> None:
    assert sum(len(thrown(version)) for version in range(VERSIONS)) >= 200


def test_a_message_without_an_end_is_refused() -> None:
    with pytest.raises(ValueError, match="surprise"):
        cases(["print", "surprise"], MOMENTS, 0, 1, quick=False)


def test_the_quick_sample_is_part_of_the_whole() -> None:
    whole = {case for version in range(VERSIONS) for case in thrown(version)}
    assert set(cases(DIALOGS, MOMENTS, 0, 1, quick=True)) <= whole


def test_no_message_is_both_answered_and_a_person_s() -> None:
    assert not dialogs_table.PEOPLE_S & set(dialogs_table.ANSWERED)


@pytest.mark.parametrize(
    ("key", "seen", "bad"),
    [
        ("post update opening", "posted", False),
        ("post update opening", "person", False),
        ("post update opening", "stuck", True),
        ("post card_module opening", "person", False),
        ("post card_module opening", "posted", True),
        ("post print opening", "person", False),
        ("post inactive opening", "posted", False),
        ("rehearse alert abandon", "clean", False),
        ("rehearse alert abandon", "told", False),
        ("rehearse alert abandon", "", True),
        ("rehearse licence filling", "clean", False),
        ("rehearse licence filling", "told", True),
        ("rehearse unknown filling", "told", False),
        ("rehearse unknown filling", "clean", True),
        ("read alert open", "told", False),
        ("read alert open", "", True),
    ],
)
def test_an_end_that_differs_from_the_table_is_bad(key: str, seen: str, bad: bool) -> None:
    assert played(key, seen).bad is bad


def test_a_wrong_book_is_bad_whatever_was_seen() -> None:
    assert played("post update opening", "posted", LOST).bad
    assert played("post update opening", "posted", None).bad


def test_the_share_counts_what_needs_no_person_and_had_none() -> None:
    told = figures(
        [
            played("post update opening", "posted").summary(),
            played("post alert opening", "person", RIGHT, "OK").summary(),
            played("post unknown opening", "person", RIGHT, "Quit").summary(),
            played("post print after_commit", "posted", LOST).summary(),
        ]
    )
    assert (told["thrown"], told["attended"], told["lost"], told["wrong"]) == (4, 2, 1, 1)
    assert told["unattended_share"] == round(2 / 3, 4)


def test_a_message_that_did_not_come_is_not_counted_as_thrown() -> None:
    missed = played("post update opening", "posted")
    missed.struck = False
    told = figures([missed.summary()])
    assert (told["thrown"], told["not_thrown"]) == (0, 1)
