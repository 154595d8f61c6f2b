"""A payment window that is open before a flow begins: somebody's, or our own from a run that was cut off?

It is ours if it holds our marker. It is also taken for ours if it stands on our client with an empty marker and no
amount but zero, the one that it opened with, or the one that we would type, no message stands over it, and nobody has
touched mouse or keyboard for a good while: a run that was killed just after opening looks like that. Ours is closed
by `abandon`, which never posts anything; whatever else is open belongs to a person, and nothing is touched.

A window that only a reading flow opens (a list behind a button) holds nothing of anybody: left open for as long, it is
closed by that flow's own `restore`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tillbridge.domain.errors import OperatorError, PackError, TillbridgeError
from tillbridge.flows.order_facts import Value, same
from tillbridge.flows.pack import Pack
from tillbridge.flows.reading_run import about
from tillbridge.flows.scene import SeenWindow
from tillbridge.flows.steps import Expect, ExpectRow, Flow, Given, MenuStep, PressStep, SetStep, Term
from tillbridge.flows.walk import Walk
from tillbridge.screen.backend import Reading

FORGOTTEN_S = 30.0
"""A window with nothing of ours in it is a person's, unless mouse and keyboard were still for this long."""


def clear_leftover(writer: Flow, walk: Walk, idle_s: float, note: Callable[..., None]) -> bool:
    """Close our own forgotten window. True if there was one. Raises OperatorError `window_open`."""
    if idle_s >= FORGOTTEN_S:
        _clear_looks(walk, note)
    name = commit_window(walk.scene.pack, writer)
    glance = walk.scene.glance()
    seen = glance.named(name)
    if seen is None:
        return False
    forgotten = idle_s >= FORGOTTEN_S and not glance.strangers
    if not (_holds_marker(writer, walk) or (forgotten and _untouched(writer, walk, seen))):
        raise OperatorError("window_open", window=seen.spec.name)
    note("our own window was left open", window=name)
    walk.dialogs.clear("after_commit")
    walk.steps(writer.abandon, "abandon")
    walk.scene.forget()
    return True


def _clear_looks(walk: Walk, note: Callable[..., None]) -> None:
    """Close the windows that a look of ours, cut off in the middle, left open; a message over one is a person's, and so
    is one that writing flows fill, unless a look into the books opens it and nothing stands in it."""
    pack = walk.scene.pack
    writers = [flow for flow in pack.flows.values() if flow.writes]
    filled = {commit_window(pack, flow) for flow in writers}
    looks = {flow.verify.by for flow in writers if flow.verify}
    for flow in pack.flows.values():
        mine = () if flow.writes else _opened(flow)
        for window in (one for one in mine if one not in filled or flow.name in looks):
            out = [step for step in flow.restore if about(step, window)]
            glance = walk.scene.glance()
            open_now = out and glance.named(window) is not None and not glance.strangers
            if open_now and not _filled_in(walk, window):
                note("a window of a look was left open", window=window)
                walk.steps(out, "reading")
                walk.scene.forget()


def _opened(flow: Flow) -> Iterator[str]:
    """The windows that a reading flow opens."""
    for step in flow.steps:
        if isinstance(step, PressStep | MenuStep) and step.opens:
            yield step.opens


def _filled_in(walk: Walk, window: str) -> bool:
    """Does anything stand in a box of this window that a writing flow fills? Then a person may be typing there."""
    pack = walk.scene.pack
    writers = [flow for flow in pack.flows.values() if flow.writes and commit_window(pack, flow) == window]
    steps = (step for flow in writers for step in (*flow.prepare, *flow.burst) if isinstance(step, SetStep))
    boxes = {
        step.control for step in steps if not step.secret and pack.controls[step.control].window == window
    }
    return any(_text(walk, box).strip() for box in sorted(boxes))


def _text(walk: Walk, control: str) -> str:
    """What stands in a box; nothing in one that is hidden."""
    try:
        reading = walk.scene.readings([control])[control]
    except PackError:
        return ""
    return reading.text if reading is not None else ""


def commit_window(pack: Pack, writer: Flow) -> str:
    """The window in which a flow commits."""
    if isinstance(writer.commit, MenuStep):
        return writer.commit.window
    control = writer.commit.control if writer.commit else ""
    return pack.controls[control].window


def _holds_marker(writer: Flow, walk: Walk) -> bool:
    marker = walk.facts.values["marker"]
    return any(
        reading is not None and reading.text.strip() == marker for reading in _typed(writer, walk, "marker")
    )


def _untouched(writer: Flow, walk: Walk, seen: SeenWindow) -> bool:
    """On our client, no reference, and no amount but the two that we know, or none yet (a window that opens empty)."""
    if any(reading is not None and reading.text.strip() for reading in _typed(writer, walk, "marker")):
        return False
    money = walk.scene.pack.formats.money
    ours = {walk.facts.values["amount"], walk.facts.values.get("balance"), 0}
    amounts = [reading for reading in _typed(writer, walk, "amount") if reading is not None]
    empty_or_ours = all(not one.text.strip() or money.read(one.text) in ours for one in amounts)
    return empty_or_ours and _same_client(writer, walk, seen)


def _same_client(writer: Flow, walk: Walk, seen: SeenWindow) -> bool:
    """Everything that the title says agrees with the order; where it says nothing, what the window behind a modal one
    says, or else the rows that name the invoice, or what stands inside it where it names none."""
    said: list[tuple[Value, Term]] = [
        (seen.holes[hole], step.value)
        for step in writer.check
        if isinstance(step, Expect) and (hole := _hole(step.what, seen.spec.name)) in seen.holes
    ]
    said = said or list(_said_in(writer, walk, seen.spec.owner if seen.spec.modal else ""))
    rows = _about_the_order(writer)
    if not said and rows:
        return _same_rows(rows, walk)
    said = said or list(_said_in(writer, walk, seen.spec.name))
    return bool(said) and all(same(shown, walk.facts.fill(term), "text") for shown, term in said)


def _said_in(writer: Flow, walk: Walk, window: str) -> Iterator[tuple[Value, Term]]:
    """Whose account a window shows: the one itself, or the owner of a modal one, which cannot change meanwhile."""
    for step in writer.check:
        if isinstance(step, Expect) and step.value == Given("account_id"):
            spec = walk.scene.pack.place(step.what)
            if spec is not None and spec.window == window:
                yield walk.scene.values([step.what])[step.what], step.value


def _about_the_order(writer: Flow) -> list[ExpectRow]:
    """The checks that look at the row of the order's invoice, or of its client."""
    rows = (step for step in writer.check if isinstance(step, ExpectRow))
    names = (Given("invoice_number"), Given("account_id"))
    return [step for step in rows if any(name in step.where.values() for name in names)]


def _same_rows(steps: list[ExpectRow], walk: Walk) -> bool:
    """Do the rows show exactly the order's invoice or client, as just before a commit?"""
    try:
        walk.steps(steps, "abandon")
    except TillbridgeError:  # another invoice: the error of a look that was only a question
        return False
    return True


def _hole(what: str, window: str) -> str:
    head = f"window.{window}."
    return what.removeprefix(head) if what.startswith(head) else ""


def _typed(writer: Flow, walk: Walk, fact: str) -> Iterator[Reading | None]:
    """What stands in the controls of the commit's window that this flow fills with a fact."""
    pack = walk.scene.pack
    window = commit_window(pack, writer)
    for step in (*writer.prepare, *writer.burst):
        if not isinstance(step, SetStep) or not isinstance(step.value, Given) or step.value.name != fact:
            continue
        if pack.controls[step.control].window != window:
            continue
        try:
            yield walk.scene.readings([step.control])[step.control]
        except PackError:
            yield None
