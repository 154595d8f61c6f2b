"""The lossy disk loses what it should, and the proof by power cuts fails where the settings are weaker."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import pytest

from tillbridge.domain.lease import Release
from tillbridge.journal.connect import Settings
from tillbridge.testing.site_suite import consent, stored_card, take
from tools.benches.lossy_disk import SECTOR, Folder, Inode, LossyDisk, PowerCut
from tools.benches.powercut import Machine, Setup, cut_engine, cut_journal
from tools.benches.powercut_judge import Books, Tally, judge_end, judge_intents, judge_rows


def outcomes(inode: Inode, times: int = 200) -> set[bytes]:
    chance = random.Random(1)
    return {bytes(inode.after_cut(chance).live) for _ in range(times)}


def test_what_was_synced_survives_every_cut() -> None:
    inode = Inode()
    inode.write(b"a" * 2000, 0)
    inode.sync()
    assert outcomes(inode) == {b"a" * 2000}


def test_each_sector_that_was_not_synced_is_kept_or_lost_on_its_own() -> None:
    inode = Inode()
    inode.write(b"a" * 3 * SECTOR, 0)
    inode.sync()
    inode.write(b"b" * 3 * SECTOR, 0)
    kept = {"".join(chr(each[n * SECTOR]) for n in range(3)) for each in outcomes(inode)}
    assert kept == {"aaa", "aab", "aba", "abb", "baa", "bab", "bba", "bbb"}


def test_a_sector_may_keep_what_was_overwritten_before_any_sync() -> None:
    inode = Inode()
    for letter in (b"a", b"b", b"c"):
        inode.write(letter * SECTOR, 0)
    assert {each[:1] for each in outcomes(inode)} == {b"", b"\x00", b"a", b"b", b"c"}


def test_a_removed_file_may_come_back_until_the_folder_is_synced() -> None:
    folder = Folder()
    folder.change(("log", Inode()))
    folder.sync()
    folder.change(("log", None))
    chance = random.Random(1)
    assert {"log" in folder.after_cut(chance).live for _ in range(50)} == {True, False}
    folder.sync()
    assert {"log" in folder.after_cut(chance).live for _ in range(50)} == {False}


def test_nothing_happens_to_a_disk_that_is_off() -> None:
    disk = LossyDisk(random.Random(1))
    disk.cut_at = 1
    with pytest.raises(PowerCut):
        disk.step(lambda: None)
    with pytest.raises(PowerCut):
        disk.step(lambda: None)
    assert disk.off
    disk.leave()


def test_with_our_settings_no_cut_loses_anything() -> None:
    alone, engine = Tally(), Tally()
    cut_journal(alone, random.Random(5), 20, Setup())
    cut_engine(engine, random.Random(5), 40, Setup())
    assert alone.failures == engine.failures == []
    assert (alone.cuts >= 20, engine.cuts >= 40, engine.charges >= 20) == (True, True, True)


def shared(kept: list[str], life: int, journal: Any) -> None:
    """Consents, cards and leases of one life; each is noted when the store has said that it has it."""
    for number in range(20):
        name = f"con-{life}-{number}"
        journal.site.add_consent(consent(name))
        kept.append(name)
        journal.site.add_card(stored_card(f"card-{life}-{number}", consent_id=name))
        kept.append(f"card-{life}-{number}")
        terminal = f"simulator:1/T{life}"
        fence = journal.site.move_lease(take(f"R{life}X{number}", terminal=terminal)).fence
        kept.append(f"{terminal} {fence}")
        journal.site.move_lease(Release(terminal=terminal, fence=fence))


def test_no_power_cut_takes_what_desks_share() -> None:
    chance, tally = random.Random(6), Tally()
    while tally.cuts < 25:
        machine = Machine(chance, Setup(), tally, "what desks share")
        kept: list[str] = []
        for life in range(3):
            machine.live(chance.randrange(40, 400), partial(shared, kept, life))
        machine.live(None, partial(all_there, kept))
        machine.disk.leave()
    assert tally.failures == []


def all_there(kept: list[str], journal: Any) -> None:
    for name in kept:
        terminal, _, fence = name.partition(" ")
        if fence:
            assert journal.site.lease(terminal).fence >= int(fence)
        else:
            assert journal.site.consent(name) or journal.site.card(name), name


WEAKER = {
    "no sync at a commit": Setup(Settings(synchronous="NORMAL")),
    "no sync at all": Setup(Settings(at_creation="OFF", synchronous="OFF")),
    "made under its own name without EXTRA": Setup(Settings(at_creation="FULL"), in_place=True),
}


@pytest.mark.parametrize("weakness", WEAKER)
def test_the_proof_fails_with_weaker_settings(weakness: str) -> None:
    tally = Tally()
    cut_journal(tally, random.Random(5), 25, WEAKER[weakness])
    assert tally.lost_acknowledged + tally.corrupt > 5


def test_without_syncs_the_engine_charges_what_it_does_not_remember() -> None:
    tally = Tally()
    cut_engine(tally, random.Random(5), 60, Setup(Settings(synchronous="NORMAL")))
    assert tally.charges_without_intent > 0
    assert tally.lost_acknowledged > 0


# ---------------------------------------------------------------- the judge


def test_the_judge_misses_an_acknowledged_event() -> None:
    tally = Tally()
    judge_rows(tally, "here", {1: "a", 2: "b"}, [(1, "a")], [])
    judge_rows(tally, "here", {1: "a", 2: "b"}, [(1, "a"), (2, "x")], [])
    assert tally.lost_acknowledged == 2


def test_the_judge_allows_a_whole_append_in_flight_and_no_half_of_it() -> None:
    tally = Tally()
    for stored in ([(1, "a")], [(1, "a"), (2, "b"), (3, "c")]):
        judge_rows(tally, "here", {1: "a"}, stored, [2])
    assert tally.failures == []
    judge_rows(tally, "here", {1: "a"}, [(1, "a"), (2, "b")], [2])
    assert tally.phantom == 1


def test_the_judge_allows_appends_that_were_not_said_to_be_durable_only_in_their_order() -> None:
    tally = Tally()
    for stored in ([(1, "a")], [(1, "a"), (2, "b")], [(1, "a"), (2, "b"), (3, "c"), (4, "d")]):
        judge_rows(tally, "here", {1: "a"}, stored, [1, 2])
    assert tally.failures == []
    judge_rows(tally, "here", {1: "a"}, [(1, "a"), (2, "b"), (3, "c")], [1, 2])
    assert tally.phantom == 1


def test_the_judge_sees_charges_without_intent_and_double_ones() -> None:
    tally = Tally()
    judge_intents(tally, "here", ["R1", "R2"], frozenset({"R1"}))
    books = Books(
        captures=[("R1", 5), ("R2", 5)], returned=[], rows=[5, 5], payment_of={"R1": "p", "R2": "p"}
    )
    judge_end(tally, "here", books, attention=False)
    assert (tally.charges_without_intent, tally.double_charges, tally.double_postings) == (1, 1, 1)


def test_the_judge_counts_what_was_given_back_as_not_charged() -> None:
    tally = Tally()
    books = Books(
        captures=[("R1", 5), ("R2", 5)], returned=[("R1", 5)], rows=[5], payment_of={"R1": "p", "R2": "p"}
    )
    judge_end(tally, "here", books, attention=False)
    assert tally.failures == []
    judge_end(tally, "here", Books(captures=[], returned=[], rows=[5], payment_of={}), attention=False)
    assert tally.wrong_ends == 1
