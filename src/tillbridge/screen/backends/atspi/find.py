"""From a target to a control: candidates by server-side matching, then what each piece of evidence points at.

The tree is never walked: the program itself returns all controls of a role in one call. Ids, names and labels
of the candidates are then asked for in one go. The verdict is `locator.judge`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from tillbridge.screen import backend as b
from tillbridge.screen.backends.atspi import words as w
from tillbridge.screen.backends.atspi.bus import Bus, Call, Failed, Ref, Reply
from tillbridge.screen.backends.atspi.geometry import Box, labelled_by_place
from tillbridge.screen.backends.atspi.tops import (
    ACCESSIBLE,
    COMPONENT,
    PROPERTIES,
    name_of,
    node,
    refs,
    text_reply,
)
from tillbridge.screen.locator import Matches, judge_shown_first, same_words, usable

COLLECTION = "org.a11y.atspi.Collection"
_QT: frozenset[b.EvidenceKind] = frozenset({"id", "name", "label", "only"})
_QT_CHOICE: frozenset[b.EvidenceKind] = frozenset({"id", "label", "only"})
_GTK: frozenset[b.EvidenceKind] = frozenset({"name", "label", "only"})
_ALL, _ANY, _CANONICAL = 1, 2, 1
_WINDOW_COORDS = 1


def matching(scope: Ref, roles: Iterable[int], states: Iterable[int] = (), limit: int = 0) -> Call:
    """Ask a program for all controls below `scope` with one of the roles and all of the states."""
    rule: tuple[object, ...] = (
        w.words32(frozenset(states), 2),
        _ALL,
        {},
        _ALL,
        w.words32(frozenset(roles), 4),
        _ANY,
        [],
        _ALL,
        False,
    )
    return Call(scope, COLLECTION, "GetMatches", "(aiia{ss}iaiiasib)uib", (rule, _CANONICAL, limit, True))


@dataclass(slots=True)
class Pool:
    """All controls of one role in one window, shown and hidden, with what was asked about them."""

    shown: list[Ref]
    hidden: list[Ref]
    captions: dict[Ref, str] = field(default_factory=dict)
    """Names."""


class Finder:
    """Resolves targets of one program window at a time. Keeps ids, which never change while a control lives."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._ids: dict[Ref, str] = {}

    def resolve(self, window: Ref, toolkit: str, targets: Sequence[b.Target]) -> list[b.Resolution]:
        """Resolve all targets in as few rounds as they allow. Raises Gone, NotAnswering."""
        by_scope: dict[Ref, list[int]] = {}
        found: dict[int, b.Resolution] = {}
        for at, target in enumerate(targets):
            scope = self._container(window, toolkit, target)
            if isinstance(scope, Ref):
                by_scope.setdefault(scope, []).append(at)
            else:
                found[at] = scope
        for scope, places in by_scope.items():
            verdicts = self._resolve_in(scope, toolkit, [targets[at] for at in places])
            found.update(zip(places, verdicts))
        return [found[at] for at in range(len(targets))]

    def _container(self, window: Ref, toolkit: str, target: b.Target) -> Ref | b.Resolution:
        scope = window
        for outer in target.within:
            (verdict,) = self._resolve_in(scope, toolkit, [outer])
            if not isinstance(verdict, b.Found):
                return verdict
            bus, slash, path = verdict.node.partition("/")
            scope = Ref(bus, slash + path)
        return scope

    def _resolve_in(self, scope: Ref, toolkit: str, targets: Sequence[b.Target]) -> list[b.Resolution]:
        """Resolve in one container. A fact that no label shows may stand in a box that nobody can type into."""
        verdicts = self._resolve_roles(scope, toolkit, targets)
        again = [
            at
            for at, (target, verdict) in enumerate(zip(targets, verdicts))
            if target.role == "text" and isinstance(verdict, b.Missing)
        ]
        if again:
            boxes = [replace(targets[at], role="edit") for at in again]
            for at, verdict in zip(again, self._resolve_roles(scope, toolkit, boxes)):
                verdicts[at] = verdict
        return verdicts

    def _resolve_roles(self, scope: Ref, toolkit: str, targets: Sequence[b.Target]) -> list[b.Resolution]:
        pieces = [usable(target, visible_kinds(toolkit, target.role)) for target in targets]
        pools = self._pools(scope, {target.role for target in targets})
        self._learn_ids(pools, targets, pieces)
        self._learn_names(pools, targets, pieces)
        wanted = {e.value for found_by in pieces for e in found_by if e.kind == "label"}
        labels = self._labelled(scope, wanted, pools) if wanted else {}
        return [
            self._judge(pools[target.role], found_by, labels) for target, found_by in zip(targets, pieces)
        ]

    # ---- rounds of questions ---------------------------------------------------------------------

    def _pools(self, scope: Ref, roles: Iterable[b.Role]) -> dict[b.Role, Pool]:
        ordered = list(roles)
        asked = []
        for role in ordered:
            asked += [matching(scope, w.ROLES[role]), matching(scope, w.ROLES[role], [w.SHOWING])]
        replies = self._bus.ask(asked)
        pools = {}
        for at, role in enumerate(ordered):
            everything, shown = refs(replies[2 * at]), refs(replies[2 * at + 1])
            visible = set(shown)
            pools[role] = Pool(shown, [ref for ref in everything if ref not in visible])
        return pools

    def _learn_ids(
        self,
        pools: dict[b.Role, Pool],
        targets: Sequence[b.Target],
        pieces: Sequence[tuple[b.Evidence, ...]],
    ) -> None:
        wanted = _asking_for("id", pools, targets, pieces)
        unknown = [ref for ref in wanted if ref not in self._ids]
        replies = self._bus.ask(
            [Call(ref, PROPERTIES, "Get", "ss", (ACCESSIBLE, "AccessibleId")) for ref in unknown]
        )
        for ref, reply in zip(unknown, replies):
            self._ids[ref] = text_reply(reply).rpartition(".")[2]

    def _learn_names(
        self,
        pools: dict[b.Role, Pool],
        targets: Sequence[b.Target],
        pieces: Sequence[tuple[b.Evidence, ...]],
    ) -> None:
        wanted = _asking_for("name", pools, targets, pieces)
        names = dict(zip(wanted, self._bus.ask([name_of(ref) for ref in wanted])))
        for pool in pools.values():
            pool.captions = {ref: text_reply(names[ref]) for ref in pool.shown + pool.hidden if ref in names}

    def _labelled(self, scope: Ref, wanted: set[str], pools: dict[b.Role, Pool]) -> dict[str, list[Ref]]:
        """For each wanted caption, the controls that labels of that caption belong to."""
        labels = refs(self._bus.ask_one(matching(scope, w.LABELS)))
        names = [text_reply(reply) for reply in self._bus.ask([name_of(ref) for ref in labels])]
        fitting = [
            (ref, value) for ref, name in zip(labels, names) for value in wanted if same_words(name, value)
        ]
        related = self._bus.ask([Call(ref, ACCESSIBLE, "GetRelationSet") for ref, _ in fitting])
        found: dict[str, list[Ref]] = {value: [] for value in wanted}
        loose: list[tuple[Ref, str]] = []
        for (label, value), reply in zip(fitting, related):
            targets = _label_for(reply)
            if targets:
                found[value] += targets
            else:
                loose.append((label, value))
        if loose:
            self._by_place(loose, labels, names, pools, found)
        return found

    def _by_place(
        self,
        loose: Sequence[tuple[Ref, str]],
        labels: Sequence[Ref],
        names: Sequence[str],
        pools: dict[b.Role, Pool],
        found: dict[str, list[Ref]],
    ) -> None:
        """A label without a relation belongs to what stands to its right, else below it."""
        spoken = {ref for ref, name in zip(labels, names) if name.strip()}
        others = {ref for pool in pools.values() for ref in pool.shown} | spoken
        asked = list(others | {label for label, _ in loose})
        replies = self._bus.ask([Call(ref, COMPONENT, "GetExtents", "u", (_WINDOW_COORDS,)) for ref in asked])
        boxes = {ref: Box(*reply) for ref, reply in zip(asked, replies) if not isinstance(reply, Failed)}
        for label, value in loose:
            neighbour = labelled_by_place(label, boxes)
            if neighbour is not None:
                found[value].append(neighbour)

    # ---- verdict ---------------------------------------------------------------------------------

    def _judge(self, pool: Pool, pieces: Sequence[b.Evidence], labels: dict[str, list[Ref]]) -> b.Resolution:
        return judge_shown_first(
            self._matches(pool, pool.shown, pieces, labels), self._matches(pool, pool.hidden, pieces, labels)
        )

    def _matches(
        self, pool: Pool, among: Sequence[Ref], pieces: Sequence[b.Evidence], labels: dict[str, list[Ref]]
    ) -> Matches:
        matches: list[tuple[b.EvidenceKind, list[b.Node]]] = []
        for piece in pieces:
            match piece.kind:
                case "id":
                    hits = [ref for ref in among if self._ids.get(ref) == piece.value]
                case "name":
                    hits = [ref for ref in among if same_words(pool.captions.get(ref, ""), piece.value)]
                case "label":
                    owned = set(labels[piece.value])
                    hits = [ref for ref in among if ref in owned]
                case _:
                    hits = list(among)
            matches.append((piece.kind, [node(ref) for ref in hits]))
        return matches


def visible_kinds(toolkit: str, role: b.Role) -> frozenset[b.EvidenceKind]:
    """What this toolkit lets us see. GTK 3 gives no ids; the name of a Qt choice is its value."""
    if toolkit.lower() == "qt":
        return _QT_CHOICE if role == "choice" else _QT
    return _GTK


def _asking_for(
    kind: b.EvidenceKind,
    pools: dict[b.Role, Pool],
    targets: Sequence[b.Target],
    pieces: Sequence[tuple[b.Evidence, ...]],
) -> list[Ref]:
    """The candidates of all roles of which some target wants this kind of evidence."""
    roles = {t.role for t, found_by in zip(targets, pieces) if any(e.kind == kind for e in found_by)}
    return list(dict.fromkeys(ref for role in roles for ref in pools[role].shown + pools[role].hidden))


def _label_for(reply: Reply) -> list[Ref]:
    if isinstance(reply, Failed):
        return []
    return [Ref(*pair) for kind, pairs in reply if kind == w.LABEL_FOR for pair in pairs]
