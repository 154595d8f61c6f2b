"""The payment window as an update overnight left it: other ids, another title, another order of fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tillbridge.stand_ins.profile import Profile


def drifted(profile: Profile, drift: Mapping[str, bool]) -> Profile:
    """The profile with what the server's knobs have changed about it; the same one if nothing has."""
    if drift["renamed_ids"]:
        controls = {name: replace(one, id=f"{one.id}_v2") for name, one in profile.controls.items()}
        profile = replace(profile, controls=controls)
    if drift["renamed_title"]:
        titles = {**profile.titles, "payment": f"{profile.titles['payment']} (2)"}
        profile = replace(profile, titles=titles)
    if drift["swapped_order"]:
        fields = tuple(reversed(profile.behaviour.fields))
        profile = replace(profile, behaviour=replace(profile.behaviour, fields=fields))
    return profile
