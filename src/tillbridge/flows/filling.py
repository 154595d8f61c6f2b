"""What a step types, chooses, ticks or selects, as acts for a backend; the controls are found here, nothing is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tillbridge.domain.errors import PackError, SetupError, TillbridgeError
from tillbridge.flows.expecting import Expecting
from tillbridge.flows.order_facts import Facts
from tillbridge.flows.pack import TICK
from tillbridge.flows.scene import Scene
from tillbridge.flows.steps import (
    AnyStep,
    ChooseStep,
    Given,
    ParkStep,
    SelectStep,
    SetStep,
    TickOnly,
    TickStep,
)
from tillbridge.screen.backend import Act, Choose, Park, SelectRow, SetText, Tick, TickRow

Secrets = Callable[[str], str]


class Filling:
    """Makes acts of steps, for one run on one screen."""

    def __init__(self, scene: Scene, facts: Facts, expecting: Expecting, secrets: Secrets) -> None:
        self.scene = scene
        self.facts = facts
        self.expecting = expecting
        self.secrets = secrets

    def acts(self, step: AnyStep) -> Sequence[Act]:
        """The acts of a step that types, ticks, chooses, selects or parks; its controls are found here."""
        match step:
            case SetStep():
                return [self._set(step)]
            case ChooseStep():
                return [self._choose(step)]
            case TickStep():
                return [self._tick(step)]
            case TickOnly():
                return self._tick_only(step)
            case SelectStep():
                _, row = self.expecting.find_row(step.list, step.where)
                return [SelectRow(self.scene.node(step.list), row.index)]
            case ParkStep():
                return [Park(self.scene.node(step.control))]
            case _:
                raise PackError("step_out_of_place", line=step.line)

    def _set(self, step: SetStep) -> SetText:
        spec = self.scene.pack.controls[step.control]
        node = self.scene.node(step.control)
        if step.secret:
            return SetText(node, self.secrets(step.secret), spec.validates_on == "leave", secret=True)
        value = self.facts.fill(step.value)
        text = (
            ("true" if value else "false")
            if isinstance(value, bool)
            else self.scene.pack.formats.write(value)
        )
        return SetText(node, text, spec.validates_on == "leave")

    def _choose(self, step: ChooseStep) -> Choose:
        spec = self.scene.pack.controls[step.control]
        node = self.scene.node(step.control)
        wanted = str(self.facts.fill(step.value))
        if wanted not in self.scene.pace.patiently(lambda: self.scene.backend.choices(node)):
            raise self._not_offered(step, wanted)
        return Choose(node, wanted, spec.set_by, spec.greyed)

    def _not_offered(self, step: ChooseStep, wanted: str) -> TillbridgeError:
        if not isinstance(step.value, Given):
            return PackError("choice_missing", control=step.control, wanted=wanted)
        code = "method_missing" if step.value.name == "payment_method" else "setting_not_offered"
        return SetupError(code, setting=step.value.name, wanted=wanted)

    def _tick(self, step: TickStep) -> Tick | TickRow:
        node = self.scene.node(step.name)
        if not step.where:
            return Tick(node, step.on)
        _, row = self.expecting.find_row(step.name, step.where)
        return TickRow(node, row.index, step.on)

    def _tick_only(self, step: TickOnly) -> Sequence[TickRow]:
        listed, chosen = self.expecting.find_row(step.list, step.where, whole=True)
        node = self.scene.node(step.list)
        ticks = [column for column, caption in listed.spec.columns.items() if caption == TICK]
        return [
            TickRow(node, row.index, row is chosen)
            for row in listed.rows
            if any(row.cells[column] is not (row is chosen) for column in ticks)
        ]
