"""A payment window that is open before a flow begins: somebody's, or our own from a run that was cut off?

It is ours only if it holds our marker. Ours is closed by `abandon`, which never posts anything; whatever else is
open belongs to a person, and nothing is touched.
"""

from __future__ import annotations

from collections.abc import Callable

from tillbridge.domain.errors import OperatorError
from tillbridge.flows.formats import Unreadable
from tillbridge.flows.pack import Pack
from tillbridge.flows.steps import Flow, Given, MenuStep, SetStep
from tillbridge.flows.walk import Walk


def clear_leftover(writer: Flow, walk: Walk, marker: str, note: Callable[..., None]) -> bool:
    """Close our own forgotten window. True if there was one. Raises OperatorError `window_open`."""
    name = commit_window(walk.scene.pack, writer)
    seen = walk.scene.glance().named(name)
    if seen is None:
        return False
    if not _holds(writer, walk, marker):
        raise OperatorError("window_open", window=seen.spec.name)
    note("our own window was left open", window=name)
    walk.dialogs.clear("after_commit")
    walk.steps(writer.abandon, "abandon")
    walk.scene.forget()
    return True


def commit_window(pack: Pack, writer: Flow) -> str:
    """The window in which a flow commits."""
    if isinstance(writer.commit, MenuStep):
        return writer.commit.window
    control = writer.commit.control if writer.commit else ""
    return pack.controls[control].window


def _holds(writer: Flow, walk: Walk, marker: str) -> bool:
    pack = walk.scene.pack
    for step in (*writer.prepare, *writer.burst):
        if isinstance(step, SetStep) and isinstance(step.value, Given) and step.value.name == "marker":
            if pack.controls[step.control].window != commit_window(pack, writer):
                continue
            reading = walk.scene.readings([step.control])[step.control]
            if reading is None:
                return False
            text = pack.formats.read(reading.text, "text")
            return not isinstance(text, Unreadable) and text == marker
    return False
