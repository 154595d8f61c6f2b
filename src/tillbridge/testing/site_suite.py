"""What every site store must do, as a suite to inherit from. A store that passes it can be shared by desks.

Subclass `SiteSuite` and give it the fixtures of the journal's suite: `journal` (a new, empty one, whose `site` is
tried), `reopen` and `begin`. It must know nothing of how a store keeps things.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tillbridge.domain.errors import Fact, JournalError, OperatorError
from tillbridge.domain.lease import LeaseStep, Release, Renew, Take, TakeOver
from tillbridge.domain.moment import Moment
from tillbridge.journal.site_memory import MemorySiteStore
from tillbridge.ports.journal import Journal
from tillbridge.ports.site_store import CONSENT_KINDS, Consent, SiteStore, StoredCard
from tillbridge.testing.journal_suite import Begin, Reopen, Writer, at, attempted, created

PAN = "4111 1111 1111 1111"
LENGTH_MS = 60_000
T1 = "simulator:1/T1"


def consent(name: str = "con-1", **changes: object) -> Consent:
    about = Consent(
        consent_id=name,
        kind="card_on_file",
        software="impromed",
        account_id="0042",
        text="Willow Creek may keep this card and charge it when I ask.",
        version="2026-11",
        how="signed paper, kept in the file",
        given_by="Ana Alvarez",
        recorded_by="Kim",
        given_wall_ms=1_790_000_000_000,
    )
    return replace(about, **changes)  # type: ignore[arg-type]


def stored_card(name: str = "card-1", **changes: object) -> StoredCard:
    about = StoredCard(
        card_id=name,
        account="simulator:1",
        token="tok_x7Kq",
        software="impromed",
        account_id="0042",
        brand="visa",
        last4="4242",
        expiry="2028-04",
        consent_id="con-1",
        created_wall_ms=1_790_000_000_000,
    )
    return replace(about, **changes)  # type: ignore[arg-type]


def take(reference: str, ms: int = 0, desk: str = "Desk 1", **changes: object) -> Take:
    wanted = Take(terminal=T1, desk=desk, reference=reference, now=at(ms), length_ms=LENGTH_MS)
    return replace(wanted, **changes)  # type: ignore[arg-type]


def take_over(fence: int, idle_ms: int, ms: int, *, over: bool = True) -> TakeOver:
    return TakeOver(
        terminal=T1, desk="Desk 2", fence=fence, idle_at=at(idle_ms), old_is_over=over, now=at(ms)
    )


def everything_shared(site: SiteStore) -> dict[str, object]:
    """All that a store answers, to compare two of them."""
    clients = [("impromed", "0042"), ("impromed", "0043")]
    return {
        "consents": [site.consents_of(*client) for client in clients],
        "cards": [site.cards_of(*client) for client in clients],
        "each": [(site.card(f"card-{n}"), site.consent(f"con-{n}")) for n in range(4)],
        "cursors": [site.cursor(name) for name in ("simulator:1", "simulator:2")],
        "leases": site.leases(),
        "lease": site.lease(T1),
    }


def refused(call: Callable[[], object], code: str) -> dict[str, Fact]:
    with pytest.raises((JournalError, OperatorError)) as caught:
        call()
    assert caught.value.code == code
    return dict(caught.value.facts)


# ---------------------------------------------------------------- any sequence of calls

_numbers = st.integers(1, 3)
_moments = st.builds(
    Moment, st.integers(0, 200_000), st.sampled_from(["boot-1", "boot-2"]), st.integers(0, 200_000)
)
_terminals = st.sampled_from([T1, "simulator:1/T2"])
_leases: st.SearchStrategy[LeaseStep] = st.one_of(
    st.builds(
        Take,
        terminal=_terminals,
        desk=st.sampled_from(["Desk 1", "Desk 2"]),
        reference=st.sampled_from(["R1", "R2", "R3"]),
        now=_moments,
        length_ms=st.just(LENGTH_MS),
    ),
    st.builds(Renew, terminal=_terminals, fence=_numbers, now=_moments),
    st.builds(Release, terminal=_terminals, fence=_numbers, needs_idle=st.booleans()),
    st.builds(
        TakeOver,
        terminal=_terminals,
        desk=st.sampled_from(["Desk 1", "Desk 2"]),
        fence=_numbers,
        idle_at=_moments,
        old_is_over=st.booleans(),
        now=_moments,
    ),
)
Act = Callable[[SiteStore], object]


def _consents(number: int, kind: int, client: str) -> Act:
    name = CONSENT_KINDS[kind % len(CONSENT_KINDS)]
    return lambda site: site.add_consent(consent(f"con-{number}", kind=name, account_id=client))


def _cards(number: int, replaces: int, client: str, token: str) -> Act:
    card = stored_card(f"card-{number}", account_id=client, consent_id=f"con-{number}", token=token)
    return lambda site: site.add_card(card, f"card-{replaces}" if replaces else "")


_clients = st.sampled_from(["0042", "0043"])
_tokens = st.sampled_from(["tok_a", "tok_b", PAN])
acts: st.SearchStrategy[list[Act]] = st.lists(
    st.one_of(
        st.builds(_consents, _numbers, st.integers(0, 4), _clients),
        st.builds(_cards, _numbers, st.integers(0, 3), _clients, _tokens),
        _numbers.map(lambda n: lambda site: site.revoke_consent(f"con-{n}", "Kim", 1_000 + n)),
        _numbers.map(lambda n: lambda site: site.delete_card(f"card-{n}", 2_000 + n)),
        _numbers.map(lambda n: lambda site: site.set_cursor(f"simulator:{n}", f"c{n}")),
        _leases.map(lambda step: lambda site: site.move_lease(step)),
    ),
    max_size=25,
)


def answer(site: SiteStore, act: Act) -> object:
    try:
        return act(site)
    except (JournalError, OperatorError) as error:
        return type(error).__name__, error.code, dict(error.facts)


# ---------------------------------------------------------------- the suite


class SiteSuite:
    """Inherit, and give the fixtures `journal`, `reopen` and `begin`."""

    def test_an_empty_store_knows_nothing(self, journal: Journal) -> None:
        site = journal.site
        assert (site.consent("con-1"), site.card("card-1"), site.lease(T1)) == (None, None, None)
        assert (list(site.cards_of("impromed", "0042")), list(site.leases())) == ([], [])
        assert site.cursor("simulator:1") == ""

    def test_what_was_stored_is_there_after_a_restart(self, journal: Journal, reopen: Reopen) -> None:
        site = journal.site
        site.add_consent(consent())
        site.add_card(stored_card())
        site.set_cursor("simulator:1", "b7:19")
        site.move_lease(take("R1"))
        before = everything_shared(site)
        assert everything_shared(reopen(journal).site) == before
        assert before["cursors"] == ["b7:19", ""]

    # ---- consents and cards

    @pytest.mark.parametrize("kind", CONSENT_KINDS)
    def test_a_consent_is_kept_word_for_word(self, journal: Journal, kind: str) -> None:
        given = consent(kind=kind, text="Ich stimme zu: \u20ac 12 \u2013 \u201eja\u201c")
        journal.site.add_consent(given)
        assert journal.site.consent("con-1") == given
        assert given.holds

    def test_a_consent_has_one_end_and_stays(self, journal: Journal) -> None:
        journal.site.add_consent(consent())
        journal.site.revoke_consent("con-1", "Ana Alvarez", 5)
        journal.site.revoke_consent("con-1", "Somebody", 9)
        ended = journal.site.consent("con-1")
        assert ended == consent(revoked_wall_ms=5, revoked_by="Ana Alvarez")
        assert list(journal.site.consents_of("impromed", "0042")) == [ended]

    def test_the_same_again_changes_nothing_and_another_under_its_name_is_refused(
        self, journal: Journal
    ) -> None:
        site = journal.site
        site.add_consent(consent())
        site.add_card(stored_card())
        site.revoke_consent("con-1", "Ana Alvarez", 5)
        site.delete_card("card-1", 6)
        site.add_consent(consent())
        site.add_card(stored_card())
        assert refused(lambda: site.add_consent(consent(version="2027-01")), "id_used") == {
            "subject": "con-1"
        }
        assert refused(lambda: site.add_card(stored_card(last4="1881")), "id_used") == {"subject": "card-1"}
        card, given = site.card("card-1"), site.consent("con-1")
        assert card is not None
        assert card.deleted_wall_ms == 6
        assert given is not None
        assert not given.holds

    def test_a_card_needs_a_consent_that_is_there(self, journal: Journal) -> None:
        assert refused(lambda: journal.site.add_card(stored_card()), "id_unknown") == {"subject": "con-1"}
        assert journal.site.card("card-1") is None

    def test_cards_are_found_by_the_practice_softwares_client_id(self, journal: Journal) -> None:
        site = journal.site
        site.add_consent(consent())
        for number, client in enumerate(("0042", "0043", "0042"), 1):
            site.add_card(stored_card(f"card-{number}", account_id=client))
        assert names(site.cards_of("impromed", "0042")) == ["card-3", "card-1"]
        assert names(site.cards_of("gnucash", "0042")) == []

    def test_a_replaced_card_is_not_offered_any_more(self, journal: Journal) -> None:
        site = journal.site
        site.add_consent(consent())
        site.add_card(stored_card())
        site.add_card(stored_card("card-2", expiry="2031-01"), replaces="card-1")
        assert names(site.cards_of("impromed", "0042")) == ["card-2"]
        old = site.card("card-1")
        assert old is not None
        assert (old.replaced_by, old.usable) == ("card-2", False)

    def test_a_card_that_replaces_nothing_known_is_refused_whole(self, journal: Journal) -> None:
        site = journal.site
        site.add_consent(consent())
        assert refused(lambda: site.add_card(stored_card(), "card-9"), "id_unknown") == {"subject": "card-9"}
        assert site.card("card-1") is None

    def test_a_deleted_card_loses_its_token_and_keeps_its_last_four(
        self, journal: Journal, reopen: Reopen
    ) -> None:
        journal.site.add_consent(consent())
        journal.site.add_card(stored_card())
        journal.site.delete_card("card-1", 6)
        journal.site.delete_card("card-1", 9)
        site = reopen(journal).site
        assert site.card("card-1") == stored_card(token="", deleted_wall_ms=6)
        assert names(site.cards_of("impromed", "0042")) == []

    @pytest.mark.parametrize(
        "field", ["token", "brand", "last4", "expiry", "account_id", "software", "card_id", "account"]
    )
    def test_a_card_number_is_refused_at_every_field_of_a_card(self, journal: Journal, field: str) -> None:
        journal.site.add_consent(consent())
        refused(lambda: journal.site.add_card(stored_card(**{field: PAN})), "card_number_typed")
        assert names(journal.site.cards_of("impromed", "0042")) == []

    @pytest.mark.parametrize(
        "field", ["text", "version", "how", "given_by", "recorded_by", "account_id", "software", "consent_id"]
    )
    def test_a_card_number_is_refused_at_every_field_of_a_consent(self, journal: Journal, field: str) -> None:
        refused(lambda: journal.site.add_consent(consent(**{field: f"x {PAN}"})), "card_number_typed")
        assert list(journal.site.consents_of("impromed", "0042")) == []

    def test_a_cursor_is_kept_whatever_it_looks_like(self, journal: Journal) -> None:
        journal.site.set_cursor("simulator:1", PAN.replace(" ", ""))
        assert journal.site.cursor("simulator:1") == PAN.replace(" ", "")

    def test_a_token_is_not_shown_by_what_is_printed(self) -> None:
        assert "tok_x7Kq" not in repr(stored_card())

    def test_an_expired_card_is_told_by_its_month(self) -> None:
        card = stored_card(expiry="2028-04")
        assert [card.expired(month) for month in ("2028-03", "2028-04", "2028-05")] == [False, False, True]
        assert not stored_card(expiry="").expired("2099-01")

    # ---- terminals

    def test_a_terminal_is_leased_by_one_desk_at_a_time(self, journal: Journal) -> None:
        journal.site.move_lease(take("R1"))
        facts = refused(lambda: journal.site.move_lease(take("R2", desk="Desk 2")), "terminal_in_use")
        assert facts == {"terminal": "T1", "desk": "Desk 1"}

    def test_each_lease_has_a_higher_number_than_all_before(self, journal: Journal, reopen: Reopen) -> None:
        fences = []
        for number in range(3):
            lease = journal.site.move_lease(take(f"R{number}"))
            fences.append(lease.fence)
            journal.site.move_lease(Release(terminal=T1, fence=lease.fence))
            journal = reopen(journal)
        assert fences == [1, 2, 3]

    def test_a_lease_that_ran_out_is_still_not_taken_without_a_proof(self, journal: Journal) -> None:
        site = journal.site
        site.move_lease(take("R1"))
        late = LENGTH_MS + 1
        refused(lambda: site.move_lease(take("R2", late, "Desk 2")), "terminal_in_use")
        refused(lambda: site.move_lease(take_over(1, late, late, over=False)), "terminal_in_use")
        refused(lambda: site.move_lease(take_over(1, LENGTH_MS - 1, late)), "terminal_in_use")
        refused(lambda: site.move_lease(take_over(2, late, late)), "terminal_lost")
        freed = site.move_lease(take_over(1, late, late))
        assert (freed.desk, freed.free, freed.fence, freed.needs_idle) == ("Desk 2", True, 2, True)
        taken = site.move_lease(take("R2", late, "Desk 2"))
        assert (taken.reference, taken.fence, taken.needs_idle) == ("R2", 3, True)

    def test_a_lease_that_is_renewed_does_not_run_out(self, journal: Journal) -> None:
        site = journal.site
        site.move_lease(take("R1"))
        site.move_lease(Renew(terminal=T1, fence=1, now=at(LENGTH_MS - 1)))
        late = LENGTH_MS + 1
        refused(lambda: site.move_lease(take_over(1, late, late)), "terminal_in_use")

    def test_a_desk_that_slept_can_do_nothing_with_an_old_number(self, journal: Journal) -> None:
        site = journal.site
        site.move_lease(take("R1"))
        late = LENGTH_MS + 1
        site.move_lease(take_over(1, late, late))
        site.move_lease(take("R2", late, "Desk 2"))
        steps: list[LeaseStep] = [Renew(terminal=T1, fence=1, now=at(late)), Release(terminal=T1, fence=1)]
        for step in steps:
            facts = refused(lambda step=step: site.move_lease(step), "terminal_lost")  # type: ignore[misc]
            assert facts == {"terminal": "T1", "desk": "Desk 2"}
        refused(lambda: site.move_lease(take("R1", late)), "terminal_in_use")

    def test_after_an_unknown_end_the_next_lease_asks_for_an_idle_look(
        self, journal: Journal, reopen: Reopen
    ) -> None:
        journal.site.move_lease(take("R1"))
        journal.site.move_lease(Release(terminal=T1, fence=1, needs_idle=True))
        site = reopen(journal).site
        assert site.move_lease(take("R2")).needs_idle
        assert site.move_lease(take("R2", 5)).needs_idle
        site.move_lease(Release(terminal=T1, fence=2))
        assert not site.move_lease(take("R3")).needs_idle

    # ---- in the journal's transaction

    def test_a_lease_is_taken_with_the_intent_or_neither_is_there(
        self, journal: Journal, reopen: Reopen
    ) -> None:
        writer = Writer(journal)
        append = writer.prepared("pay-1", created(), attempted("R1"))
        journal.append(replace(append, lease=take("R1")))
        other = writer.prepared("pay-2", created(invoice="9002"), attempted("R2"))
        refused(lambda: journal.append(replace(other, lease=take("R2", desk="Desk 2"))), "terminal_in_use")
        again = reopen(journal)
        held = again.site.lease(T1)
        assert held is not None
        assert held.reference == "R1"
        assert again.payment("pay-2") is None
        assert again.payment_of_reference("R2") is None
        assert again.check().sound

    def test_a_refused_intent_takes_no_lease(self, journal: Journal) -> None:
        writer = Writer(journal)
        writer.write("pay-1", created(), attempted("R1"))
        stale = replace(writer.prepared("pay-2", created(), attempted("R1")), lease=take("R1"))
        refused(lambda: journal.append(stale), "reference_used")
        assert journal.site.lease(T1) is None

    def test_any_sequence_of_calls_is_answered_as_by_the_twin(self, begin: Begin, reopen: Reopen) -> None:
        @settings(max_examples=25, deadline=None)
        @given(acts=acts)
        def alike(acts: list[Act]) -> None:
            ours, twin = begin("same"), MemorySiteStore()
            for act in acts:
                assert answer(ours.site, act) == answer(twin, act)
            again = reopen(ours)
            assert everything_shared(again.site) == everything_shared(twin)
            again.close()

        alike()


def names(cards: Sequence[StoredCard]) -> list[str]:
    return [card.card_id for card in cards]
