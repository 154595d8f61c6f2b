"""What may be seen in a picture: a posting's own fields and numbers, never a client."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tillbridge.flows.pack import Pack
from tillbridge.flows.shelf import installed
from tillbridge.flows.visible import shown_in_pictures

PACKS = {pack.key: pack for pack in installed()}


@pytest.mark.parametrize("key", sorted(PACKS))
def test_no_pack_shows_what_it_keeps_private_or_only_the_program_writes(key: str) -> None:
    pack = PACKS[key]
    shown = shown_in_pictures([pack])
    private = {c.name for c in pack.controls.values() if c.private or c.read_only}
    private |= {f.name for f in pack.fields.values() if f.private or f.format == "text"}
    assert shown & (private | set(pack.lists)) == set()
    assert "amount" in shown, "a picture shows what was filled"


def impromed() -> Pack:
    return PACKS["impromed/6"]


def test_what_one_version_keeps_private_is_private_in_all_of_them() -> None:
    pack = impromed()
    other = replace(
        pack, controls={**pack.controls, "employee": replace(pack.controls["employee"], private=True)}
    )
    assert "employee" in shown_in_pictures([pack])
    assert "employee" not in shown_in_pictures([pack, other])


def test_a_box_to_look_for_a_client_is_not_shown_although_nobody_said_private() -> None:
    pack = impromed()
    search = replace(pack.controls["reference"], name="search_box")
    assert "search_box" not in shown_in_pictures(
        [replace(pack, controls={**pack.controls, "search_box": search})]
    )
