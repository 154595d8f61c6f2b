"""Does the screen still look as the pack says? Every locator is tried, nothing is kept, nothing is posted.

For the shipped pack suite and for checking a site's settings against what the software really offers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tillbridge.flows.pack import ControlSpec, FieldSpec, ListSpec, Pack
from tillbridge.flows.scene import Scene, target_of
from tillbridge.screen.backend import Found
from tillbridge.screen.locator import explain


@dataclass(frozen=True, slots=True)
class Survey:
    """`wrong`: locators of windows that were open and did not point at exactly one control, with the reason.

    `unseen`: windows of the pack that were not open. `offered`: per setting, what its choice on the screen offers.
    """

    right: tuple[str, ...]
    wrong: Mapping[str, str]
    unseen: tuple[str, ...]
    offered: Mapping[str, tuple[str, ...]]


def survey(scene: Scene) -> Survey:
    """Look at every window of the pack that is open now. Raises OperatorError as any look does."""
    glance = scene.glance()
    right: list[str] = []
    wrong: dict[str, str] = {}
    for seen in glance.known:
        specs = _specs(scene.pack, seen.spec.name)
        found = scene.resolve(seen.window.handle, [target_of(scene.pack, spec) for spec in specs])
        for spec, one in zip(specs, found, strict=True):
            if isinstance(one, Found):
                right.append(spec.name)
            else:
                wrong[spec.name] = explain(one)
    names = {seen.spec.name for seen in glance.known}
    unseen = tuple(name for name in scene.pack.windows if name not in names)
    return Survey(tuple(right), wrong, unseen, _offered(scene, names))


def _specs(pack: Pack, window: str) -> list[ControlSpec | FieldSpec | ListSpec]:
    """What must be in a window: neither optional nor named by a fingerprint as missing."""
    absent = {name for print_ in pack.fingerprints for name in print_.has_not}
    everything: list[ControlSpec | FieldSpec | ListSpec] = [
        *pack.controls.values(),
        *pack.fields.values(),
        *pack.lists.values(),
    ]
    return [
        spec
        for spec in everything
        if spec.window == window
        and spec.name not in absent
        and not (isinstance(spec, ControlSpec | FieldSpec) and spec.optional)
    ]


def _offered(scene: Scene, windows: set[str]) -> dict[str, tuple[str, ...]]:
    offered = {}
    for setting in scene.pack.settings.values():
        spec = scene.pack.controls.get(setting.choices_from)
        found = scene.find([spec.name])[spec.name] if spec is not None and spec.window in windows else None
        if isinstance(found, Found):
            offered[setting.name] = tuple(scene.backend.choices(found.node))
    return offered
