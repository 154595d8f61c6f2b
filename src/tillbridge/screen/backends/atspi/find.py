"""From a target to a control: candidates by server-side matching, then what each piece of evidence points at.

The tree is never walked: the program itself returns all controls of a role in one call. Ids, names and labels
of the candidates are then asked for in one go. The verdict is `locator.judge`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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
    ref_of,
    refs,
    text_reply,
)
from tillbridge.screen.locator import Matches, judge, same_words, usable

COLLECTION = "org.a11y.atspi.Collection"
_QT: frozenset[b.EvidenceKind] = frozenset({"id", "name", "label", "only"})
_QT_CHOICE: frozenset[b.EvidenceKind] = frozenset({"id", "label", "only"})
_GTK: frozenset[b.EvidenceKind] = frozenset({"name", "label", "only"})
_ALL, _ANY, _CANONICAL = 1, 2, 1
_WINDOW_COORDS = 1
_KEPT = 20_000
"""Ids that are kept at most."""


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
    """All controls of one role in one window, either those that show or those that do not."""

    members: list[Ref]
    captions: dict[Ref, str] = field(default_factory=dict)
    """Their names, as far as they were asked for."""


@dataclass(frozen=True, slots=True)
class Known:
    """A control found before by its id, and what must still be so for it to be found again without a search."""

    verdict: b.Found
    members: tuple[Ref, ...]
    labels: tuple[Ref, ...]
    said: tuple[tuple[Ref, str], ...]
    """Names that were part of the evidence: the control's own, or its label's."""


@dataclass(slots=True)
class Labels:
    """Which controls belong to labels of the wanted captions, and through which label."""

    all: tuple[Ref, ...] = ()
    owned: dict[str, list[Ref]] = field(default_factory=dict)
    spoken: dict[str, tuple[Ref, str]] = field(default_factory=dict)
    """Per caption the one label that says so, with its exact text; absent when its place decided."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A target with the evidence that can be seen here."""

    target: b.Target
    pieces: tuple[b.Evidence, ...]

    def asks(self, kind: b.EvidenceKind) -> bool:
        return any(piece.kind == kind for piece in self.pieces)


class Finder:
    """Resolves targets of one program window at a time. Keeps ids, which never change while a control lives."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.roles: dict[Ref, int] = {}
        """Roles of the controls found, as far as they are told by the way in which they were found."""
        self._ids: dict[Ref, str] = {}
        self._known: dict[tuple[Ref, b.Target], Known] = {}
        self._said: dict[Ref, str] = {}
        """What labels say, while one call of `resolve` lasts."""

    def resolve(self, window: Ref, toolkit: str, targets: Sequence[b.Target]) -> list[b.Resolution]:
        """Resolve all targets in as few rounds as they allow. Raises Gone, NotAnswering."""
        self._said.clear()
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
            scope = _ref(verdict)
        return scope

    def _resolve_in(self, scope: Ref, toolkit: str, targets: Sequence[b.Target]) -> list[b.Resolution]:
        """Resolve in one container: what shows, then what does not; for a fact that no label shows, boxes at last."""
        verdicts = self._resolve_roles(scope, toolkit, targets, shown=True)
        self._again(verdicts, targets, lambda some: self._resolve_roles(scope, toolkit, some, shown=False))
        facts = [target if target.role == "text" else None for target in targets]
        if any(fact and isinstance(verdict, b.Missing) for fact, verdict in zip(facts, verdicts)):
            self._again(
                verdicts,
                facts,
                lambda some: self._resolve_in(scope, toolkit, [replace(each, role="edit") for each in some]),
            )
        return verdicts

    def _again(
        self,
        verdicts: list[b.Resolution],
        targets: Sequence[b.Target | None],
        resolve: Callable[[Sequence[b.Target]], Sequence[b.Resolution]],
    ) -> None:
        """Give the missing ones another chance, in place."""
        missing = [
            (at, target)
            for at, (target, verdict) in enumerate(zip(targets, verdicts))
            if target is not None and isinstance(verdict, b.Missing) and verdict.tried
        ]
        if missing:
            for (at, _), verdict in zip(missing, resolve([target for _, target in missing])):
                verdicts[at] = verdict

    def _resolve_roles(
        self, scope: Ref, toolkit: str, targets: Sequence[b.Target], shown: bool
    ) -> list[b.Resolution]:
        wanted = [Wanted(target, usable(target, visible_kinds(toolkit, target.role))) for target in targets]
        if len(self._ids) > _KEPT:  # windows come and go; nothing of the old ones is needed
            self._ids.clear()
            self._known.clear()
        pools, labels, names = self._look(scope, wanted, shown)
        fresh = [each for each in wanted if not (shown and self._still(scope, each, pools, labels, names))]
        self._learn_ids(pools, fresh)
        self._learn_names(pools, fresh)
        captions = {e.value for each in fresh for e in each.pieces if e.kind == "label"}
        found = self._labelled(labels, captions, pools) if captions else Labels()
        verdicts: dict[b.Target, b.Resolution] = {}
        for each in fresh:
            pool = pools[each.target.role]
            verdict = judge(self._matches(pool, each.pieces, found.owned))
            verdicts[each.target] = verdict
            if shown:
                self._remember(scope, each, verdict, pool, found)
            if isinstance(verdict, b.Found) and each.target.role in w.STANDS_FOR:
                self.roles[_ref(verdict)] = w.STANDS_FOR[each.target.role]
        return [
            verdicts[target] if target in verdicts else self._known[scope, target].verdict
            for target in targets
        ]

    # ---- what was found before -------------------------------------------------------------------

    def _still(
        self,
        scope: Ref,
        wanted: Wanted,
        pools: dict[b.Role, Pool],
        labels: tuple[Ref, ...],
        names: Mapping[Ref, str],
    ) -> bool:
        """True if nothing that a known control was found by has changed: the same controls, the same words."""
        known = self._known.get((scope, wanted.target))
        return (
            known is not None
            and tuple(pools[wanted.target.role].members) == known.members
            and (not wanted.asks("label") or labels == known.labels)
            and all(names.get(ref) == text for ref, text in known.said)
        )

    def _remember(self, scope: Ref, wanted: Wanted, verdict: b.Resolution, pool: Pool, found: Labels) -> None:
        """Only what has an id: the other kinds of evidence prove it, but only an id stays unique by itself."""
        self._known.pop((scope, wanted.target), None)
        if not isinstance(verdict, b.Found) or not wanted.asks("id"):
            return
        said = []
        for piece in wanted.pieces:
            if piece.kind == "label" and piece.value not in found.spoken:
                return
            if piece.kind == "label":
                said.append(found.spoken[piece.value])
            elif piece.kind == "name":
                said.append((_ref(verdict), pool.captions[_ref(verdict)]))
        self._known[scope, wanted.target] = Known(verdict, tuple(pool.members), found.all, tuple(said))

    # ---- rounds of questions ---------------------------------------------------------------------

    def _look(
        self, scope: Ref, wanted: Sequence[Wanted], shown: bool
    ) -> tuple[dict[b.Role, Pool], tuple[Ref, ...], dict[Ref, str]]:
        """One round: all controls of the roles, all labels, and the words by which known controls were found."""
        roles = list(dict.fromkeys(each.target.role for each in wanted))
        asked = [matching(scope, w.ROLES[role], [w.SHOWING]) for role in roles]
        if not shown:
            asked += [matching(scope, w.ROLES[role]) for role in roles]
        searches = len(asked)
        if any(each.asks("label") for each in wanted):
            asked.append(matching(scope, w.LABELS))
        known = [self._known.get((scope, each.target)) for each in wanted] if shown else []
        said = list(dict.fromkeys(ref for each in known if each for ref, _ in each.said))
        replies = self._bus.ask([*asked, *(name_of(ref) for ref in said)])
        pools = {role: Pool(refs(reply)) for role, reply in zip(roles, replies)}
        if not shown:
            for role, reply in zip(roles, replies[len(roles) :]):
                visible = set(pools[role].members)
                pools[role] = Pool([ref for ref in refs(reply) if ref not in visible])
        labels = tuple(refs(replies[searches])) if len(asked) > searches else ()
        return pools, labels, dict(zip(said, map(text_reply, replies[len(asked) :])))

    def _learn_ids(self, pools: dict[b.Role, Pool], wanted: Sequence[Wanted]) -> None:
        unknown = [ref for ref in _asking_for("id", pools, wanted) if ref not in self._ids]
        replies = self._bus.ask(
            [Call(ref, PROPERTIES, "Get", "ss", (ACCESSIBLE, "AccessibleId")) for ref in unknown]
        )
        for ref, reply in zip(unknown, replies):
            self._ids[ref] = text_reply(reply).rpartition(".")[2]

    def _learn_names(self, pools: dict[b.Role, Pool], wanted: Sequence[Wanted]) -> None:
        asked = _asking_for("name", pools, wanted)
        names = dict(zip(asked, self._bus.ask([name_of(ref) for ref in asked])))
        for pool in pools.values():
            pool.captions = {ref: text_reply(names[ref]) for ref in pool.members if ref in names}

    def _labelled(self, labels: Sequence[Ref], wanted: set[str], pools: dict[b.Role, Pool]) -> Labels:
        """For each wanted caption, the controls that labels of that caption belong to."""
        unasked = [ref for ref in labels if ref not in self._said]
        self._said |= zip(unasked, map(text_reply, self._bus.ask([name_of(ref) for ref in unasked])))
        names = [self._said[ref] for ref in labels]
        fitting = [
            (ref, name, value)
            for ref, name in zip(labels, names)
            for value in wanted
            if same_words(name, value)
        ]
        related = self._bus.ask([Call(ref, ACCESSIBLE, "GetRelationSet") for ref, _, _ in fitting])
        found = Labels(tuple(labels), {value: [] for value in wanted})
        loose: list[tuple[Ref, str]] = []
        for (label, name, value), reply in zip(fitting, related):
            targets = _label_for(reply)
            if targets:
                found.owned[value] += targets
                found.spoken[value] = (label, name)
            else:
                loose.append((label, value))
        if loose:
            self._by_place(loose, labels, names, pools, found.owned)
        for _, value in loose:
            found.spoken.pop(value, None)
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
        others = {ref for pool in pools.values() for ref in pool.members} | spoken
        asked = list(others | {label for label, _ in loose})
        replies = self._bus.ask([Call(ref, COMPONENT, "GetExtents", "u", (_WINDOW_COORDS,)) for ref in asked])
        boxes = {ref: Box(*reply) for ref, reply in zip(asked, replies) if not isinstance(reply, Failed)}
        for label, value in loose:
            neighbour = labelled_by_place(label, boxes)
            if neighbour is not None:
                found[value].append(neighbour)

    # ---- verdict ---------------------------------------------------------------------------------

    def _matches(self, pool: Pool, pieces: Sequence[b.Evidence], labels: dict[str, list[Ref]]) -> Matches:
        among = pool.members
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


def _asking_for(kind: b.EvidenceKind, pools: dict[b.Role, Pool], wanted: Sequence[Wanted]) -> list[Ref]:
    """The candidates of all roles of which some target wants this kind of evidence."""
    roles = {each.target.role for each in wanted if each.asks(kind)}
    return list(dict.fromkeys(ref for role in roles for ref in pools[role].members))


def _ref(found: b.Found) -> Ref:
    return ref_of(found.node)


def _label_for(reply: Reply) -> list[Ref]:
    if isinstance(reply, Failed):
        return []
    return [Ref(*pair) for kind, pairs in reply if kind == w.LABEL_FOR for pair in pairs]
