"""What a person has typed so far into a payment window that is open: looked at before a card is charged.

It touches nothing and stops at nothing: a control that is hidden or cannot be understood says nothing.
"""

from __future__ import annotations

from tillbridge.domain.money import Money
from tillbridge.flows.scene import Scene
from tillbridge.flows.steps import Flow, Read
from tillbridge.ports.practice import Entering


def entering(flow: Flow, scene: Scene) -> Entering | None:
    """None where the window is not open. Raises what looking at a screen raises."""
    names = [name for step in flow.steps if isinstance(step, Read) for name in step.names]
    windows = {scene.spec(name).window for name in names}
    glance = scene.glance()
    if any(glance.named(window) is None for window in windows):
        return None
    readings = scene.readings(names)
    texts = {f"control.{name.rpartition('.')[2]}": one.text for name, one in readings.items() if one}
    said = {name: texts.get(source, "").strip() for name, source in flow.returns.items()}
    formats = scene.pack.formats
    amount = formats.read(said.get("amount", ""), "money")
    return Entering(
        amount=Money(minor=amount, currency=formats.money.currency) if type(amount) is int else None,
        method=said.get("method", ""),
        reference=said.get("reference", ""),
    )
