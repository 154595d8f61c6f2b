"""The strict rules by which a target means one control or none."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tillbridge.screen import backend as b
from tillbridge.screen.backends.atspi.bus import Ref
from tillbridge.screen.backends.atspi.geometry import Box, labelled_by_place
from tillbridge.screen.locator import describe, explain, judge, same_words

_NODES = st.lists(st.sampled_from([b.Node("1"), b.Node("2"), b.Node("3")]), max_size=3, unique=True)
_KINDS: st.SearchStrategy[b.EvidenceKind] = st.sampled_from(("id", "name", "label", "only"))


@given(st.lists(st.tuples(_KINDS, _NODES), max_size=4))
def test_a_control_is_found_only_if_every_piece_of_evidence_points_at_it_alone(
    matches: list[tuple[b.EvidenceKind, list[b.Node]]],
) -> None:
    verdict = judge(matches)
    agreed = bool(matches) and all(nodes == matches[0][1] and len(nodes) == 1 for _, nodes in matches)
    assert isinstance(verdict, b.Found) is agreed
    if isinstance(verdict, b.Found):
        assert all(list(nodes) == [verdict.node] for _, nodes in matches)


def test_captions_are_compared_as_a_person_reads_them() -> None:
    assert same_words("Amount:", " Amount ")
    assert same_words("Account  balance", "Account balance")
    assert not same_words("amount", "Amount")
    assert not same_words("Amount", "Amount due")


def test_a_target_and_what_became_of_it_are_told_in_words() -> None:
    evidence = (b.Evidence("id", "txtAmount"), b.Evidence("only", ""))
    pane = b.Target("pane", "tab", (b.Evidence("name", "Money"),))
    target = b.Target("amount", "edit", evidence, (pane,))
    assert describe(target) == 'edit "amount" by id=txtAmount, only inside tab "pane" by name=Money'
    assert explain(b.Several(2, "name")) == "2 controls match by name"
    assert explain(b.Missing(())) == "missing (looked by nothing that this backend can see)"


def test_a_label_belongs_to_what_stands_beside_it_else_below_it() -> None:
    label, right, far, below = (Ref("x", str(at)) for at in range(4))
    boxes = {
        label: Box(10, 10, 60, 20),
        right: Box(80, 8, 100, 24),
        far: Box(300, 10, 100, 20),
        below: Box(10, 34, 300, 80),
    }
    assert labelled_by_place(label, boxes) == right
    del boxes[right], boxes[far]
    assert labelled_by_place(label, boxes) == below
    boxes[below] = Box(10, 80, 300, 80)
    assert labelled_by_place(label, boxes) is None


def test_a_label_whose_neighbour_is_another_label_takes_no_field_behind_it() -> None:
    label, other, edit = (Ref("x", str(at)) for at in range(3))
    boxes = {label: Box(0, 0, 50, 20), other: Box(60, 0, 50, 20), edit: Box(120, 0, 50, 20)}
    assert labelled_by_place(label, boxes) == other
