"""A reading flow: says what the screen shows and leaves it as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tillbridge.domain.errors import OperatorError, TillbridgeError
from tillbridge.flows.dialogs import DialogRetry
from tillbridge.flows.hands import NotNow
from tillbridge.flows.lint_flows import terms_of
from tillbridge.flows.order_facts import Value
from tillbridge.flows.pack import During
from tillbridge.flows.scene import ListSeen
from tillbridge.flows.steps import AnyStep, Flow, WaitStep
from tillbridge.flows.walk import Walk
from tillbridge.screen.backend import Gone, Refused


@dataclass(frozen=True, slots=True)
class Read:
    """What a reading flow returns, by the names that the flow gives."""

    values: dict[str, Value]
    rows: ListSeen | None = None
    choices: tuple[str, ...] = ()


def read(
    flow: Flow, walk: Walk, note: Callable[..., None], during: tuple[During, ...] = ("reading",)
) -> Read:
    """Walk the flow. Raises TillbridgeError; the screen is put back either way, but for a window that was open
    before: that is a person's. `during`: whose dialogs may come up."""
    theirs = ""
    try:
        if flow.touches:
            walk.dialogs.clear(*during)
        walk.steps(flow.identity, *during)
        walk.steps(flow.steps, *during)
        return returned(flow, walk)
    except OperatorError as error:
        theirs = str(error.facts.get("window", "")) if error.code == "window_open" else ""
        raise
    finally:
        with walk.unwatched():
            _restore(flow, walk, note, theirs, during)


def returned(flow: Flow, walk: Walk) -> Read:
    values: dict[str, Value] = {}
    for name, source in flow.returns.items():
        kind, _, rest = source.partition(".")
        if kind == "window":
            window, _, hole = rest.partition(".")
            values[name] = walk.scene.window(window).holes[hole]
        elif source in walk.read:
            values[name] = walk.read[source]
    return Read(values, walk.lists.get("rows"), walk.choices)


def _known(step: AnyStep, walk: Walk) -> bool:
    """False for a step that puts back what was never read, because the flow stopped before."""
    return all(walk.facts.knows(term) for _, term in terms_of(step))


def about(step: AnyStep, window: str) -> bool:
    """Is this step done only while that window is there, or is it the waiting for its end?"""
    waits = isinstance(step, WaitStep) and step.of == f"window.{window}"
    return waits or (step.when is not None and (step.when.kind, step.when.word) == ("window", window))


def _restore(
    flow: Flow, walk: Walk, note: Callable[..., None], theirs: str, during: tuple[During, ...]
) -> None:
    steps = [step for step in flow.restore if not (theirs and about(step, theirs))]
    try:
        walk.steps((step for step in steps if _known(step, walk)), *during)
    except (TillbridgeError, Gone, Refused, NotNow, DialogRetry) as cause:
        note("not put back", error=str(cause))
