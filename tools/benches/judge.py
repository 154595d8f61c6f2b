"""Judges the figures of a bench against targets.toml. Pure: figures and targets in, verdicts out.

This must not be told by a bench whether it passed: a bench delivers figures and nothing else.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

Figures = Mapping[str, object]
TARGETS = Path(__file__).with_name("targets.toml")
RULE_OF_THREE = 3
"""With 0 of n seen, a rate above 3/n is excluded at 95 %."""


@dataclass(frozen=True)
class Verdict:
    """One figure: `target` in words ("" = none), `missed` if it was judged and not reached."""

    key: str
    value: object
    target: str
    missed: bool


def targets() -> dict[str, dict[str, object]]:
    return tomllib.loads(TARGETS.read_text())


def figure(figures: Figures, key: str) -> object:
    """A figure by its key; "a.b" looks inside a. None if it is not there."""
    value: object = figures
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def judge(figures: Figures, target: Mapping[str, object], *, quick: bool) -> list[Verdict]:
    """A verdict for each target, then the figures that have none, in the order the bench gave them."""
    judged = [
        *_zeros(figures, target),
        *_relations(figures, target),
        *_most(figures, target),
        *_least(figures, target, quick=quick),
        *_promised(figures, target),
    ]
    told = {verdict.key.split(".")[0] for verdict in judged}
    rest = [Verdict(key, value, "", missed=False) for key, value in figures.items() if key not in told]
    return [*judged, *rest]


def _zeros(figures: Figures, target: Mapping[str, object]) -> Iterator[Verdict]:
    others = _table(target, "of_each")
    for key in _list(target, "zero"):
        value = figure(figures, key)
        out_of = figure(figures, str(others.get(key, target.get("of", ""))))
        words = "0"
        if value == 0 and isinstance(out_of, int) and out_of > 0:
            words = f"0 of {out_of}: excludes more than {100 * RULE_OF_THREE / out_of:.3g} %"
        yield Verdict(key, value, words, missed=value != 0 or isinstance(value, bool))
    for key in _list(target, "true"):
        yield Verdict(key, figure(figures, key), "true", missed=figure(figures, key) is not True)


def _relations(figures: Figures, target: Mapping[str, object]) -> Iterator[Verdict]:
    for key, other in _table(target, "equal").items():
        value, wanted = figure(figures, key), figure(figures, str(other))
        yield Verdict(key, value, f"= {other} ({wanted})", missed=value is None or value != wanted)
    for key, rule in _table(target, "ratio").items():
        assert isinstance(rule, Mapping)
        value, floor = figure(figures, key), figure(figures, str(rule["to"]))
        within = _number(value) <= _number(rule["most"]) * _number(floor)
        yield Verdict(key, value, f"<= {rule['most']} x {rule['to']} ({floor})", missed=not within)


def _most(figures: Figures, target: Mapping[str, object]) -> Iterator[Verdict]:
    for key, bound in _table(target, "most").items():
        value = figure(figures, key)
        if _excused(figures, target, key):
            yield Verdict(key, value, f"<= {bound}, not judged here", missed=value is None)
        else:
            yield Verdict(key, value, f"<= {bound}", missed=not _number(value) <= _number(bound))


def _least(figures: Figures, target: Mapping[str, object], *, quick: bool) -> Iterator[Verdict]:
    for key, bound in _table(target, "least").items():
        value = figure(figures, key)
        words = f">= {bound}" + (" in the full sample" if quick else "")
        short = not _number(value) >= _number(bound)
        yield Verdict(key, value, words, missed=value is None or (short and not quick))


def _promised(figures: Figures, target: Mapping[str, object]) -> Iterator[Verdict]:
    for key in _list(target, "figures"):
        value = figure(figures, key)
        yield Verdict(key, value, "told" if value is None else "", missed=value is None)


def _excused(figures: Figures, target: Mapping[str, object], key: str) -> bool:
    condition = _table(target, "unless").get(key)
    if not isinstance(condition, Mapping):
        return False
    return _number(figure(figures, str(condition["figure"]))) < _number(condition["least"])


def _number(value: object) -> float:
    """Anything that is no number compares as neither small nor large enough."""
    return float(value) if isinstance(value, int | float) else float("nan")


def _list(target: Mapping[str, object], key: str) -> list[str]:
    value = target.get(key, [])
    return [str(each) for each in value] if isinstance(value, list) else []


def _table(target: Mapping[str, object], key: str) -> dict[str, object]:
    value = target.get(key, {})
    return dict(value) if isinstance(value, Mapping) else {}
