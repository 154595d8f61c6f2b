"""Which control does a target mean? The strict rules, shared by all backends.

A backend lists the candidates that each piece of evidence points at; the verdict is made here, so that no
backend can be more lenient than another. Must not look at a screen itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from tillbridge.screen.backend import (
    Disagree,
    Evidence,
    EvidenceKind,
    Found,
    Missing,
    Node,
    Resolution,
    Several,
    Target,
)

Matches = Sequence[tuple[EvidenceKind, Sequence[Node]]]
"""Per piece of evidence: the controls of the right role that it points at."""


def usable(target: Target, kinds: frozenset[EvidenceKind]) -> tuple[Evidence, ...]:
    """The evidence of a target that a backend (or this toolkit under it) can see; the rest is ignored."""
    return tuple(evidence for evidence in target.evidence if evidence.kind in kinds)


def judge(matches: Matches) -> Resolution:
    """Every piece of evidence must point at one and the same control; anything else is never guessed."""
    tried = tuple(dict.fromkeys(kind for kind, _ in matches))
    if not any(nodes for _, nodes in matches):
        return Missing(tried)
    for kind, nodes in matches:
        if len(nodes) > 1:
            return Several(len(nodes), kind)
    pointed = {nodes[0] if nodes else None for _, nodes in matches}
    if len(pointed) > 1:
        return Disagree(tried)
    return Found(next(nodes[0] for _, nodes in matches if nodes))


def judge_shown_first(shown: Matches, hidden: Matches) -> Resolution:
    """Judge the controls that a person can see; look at hidden ones only when no visible one matches at all."""
    verdict = judge(shown)
    return judge(hidden) if isinstance(verdict, Missing) else verdict


def same_words(left: str, right: str) -> bool:
    """True if two captions say the same to a person: spaces and a closing colon do not count, case does."""
    return caption(left) == caption(right)


def caption(text: str) -> str:
    """A caption without outer or doubled spaces and without its closing colon."""
    return " ".join(text.split()).removesuffix(":").rstrip()


def describe(target: Target) -> str:
    """A target in words, for transcripts: `edit "amount" by id=txtAmount, label=Amount`."""
    found_by = ", ".join(
        piece.kind if piece.kind == "only" else f"{piece.kind}={piece.value}" for piece in target.evidence
    )
    inside = "".join(f" inside {describe(outer)}" for outer in reversed(target.within))
    return f'{target.role} "{target.name}" by {found_by}{inside}'


def explain(resolution: Resolution) -> str:
    """A resolution in words, for transcripts and errors."""
    match resolution:
        case Found():
            return "found"
        case Missing(tried):
            return f"missing (looked by {', '.join(tried) or 'nothing that this backend can see'})"
        case Several(count, kind):
            return f"{count} controls match by {kind}"
        case Disagree(kinds):
            return f"the evidence disagrees ({', '.join(kinds)})"
