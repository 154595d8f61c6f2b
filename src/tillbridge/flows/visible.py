"""Which controls of packs may be seen in a picture of the screen: a list of what may, so that anything new is black."""

from __future__ import annotations

from collections.abc import Iterable

from tillbridge.flows.lint_flows import parts_of
from tillbridge.flows.pack import ControlSpec, FieldSpec, Pack
from tillbridge.flows.walk import names_of

ROLES = frozenset({"edit", "choice", "check", "button"})
FORMATS = frozenset({"money", "date", "code"})
"""Numbers, also an account's; names and free texts are none."""


def shown_in_pictures(packs: Iterable[Pack]) -> frozenset[str]:
    """Their names: what a posting fills or presses, and the amounts and dates beside it. A name that only one of the
    packs keeps private is private in all of them."""
    shown, hidden = set[str](), set[str]()
    for pack in packs:
        used = _used_by_postings(pack)
        for control in pack.controls.values():
            seen = control.name in used and _may_be_seen(control)
            (shown if seen else hidden).add(control.name)
        for told in pack.fields.values():
            (shown if _is_plain(told) else hidden).add(told.name)
    return frozenset(shown - hidden)


def _used_by_postings(pack: Pack) -> frozenset[str]:
    """A box that serves to look for a client holds a client's name or number."""
    flows = [flow for flow in pack.flows.values() if flow.name.startswith("post_")]
    return frozenset(
        name for flow in flows for name in names_of((s for _, s in parts_of(flow)), pack.controls)
    )


def _may_be_seen(control: ControlSpec) -> bool:
    """What only the program writes may name a client: a read-only box stays black."""
    return control.role in ROLES and not control.private and not control.read_only


def _is_plain(told: FieldSpec) -> bool:
    """Free texts stay black: they name clients."""
    return told.format in FORMATS and not told.private
