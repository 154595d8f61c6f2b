"""One table says what can be asked: the door answers all of it and nothing else, and every word of it is explained."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from tests.apps.desk_in_memory import desk_in_memory
from tillbridge.apps.agent.routes import BY_NAME, ROUTES, VERBS, Route

TABLE = tomllib.loads(files("tillbridge.strings").joinpath("en.toml").read_text("utf-8"))


def test_each_row_has_an_answer_and_each_answer_a_row(tmp_path: Path) -> None:
    with desk_in_memory(tmp_path) as desk:
        assert set(desk.desk.answers) == set(BY_NAME)


def test_a_name_and_an_address_stand_for_one_thing() -> None:
    assert len(BY_NAME) == len(ROUTES)
    assert len({(row.method, row.path) for row in ROUTES}) == len(ROUTES)


def test_every_request_and_every_field_is_explained() -> None:
    assert [row.name for row in ROUTES if row.name not in TABLE["route"]] == []
    assert set(TABLE["route"]) == set(BY_NAME)
    assert {field.name for row in ROUTES for field in row.fields} == set(TABLE["field"])


@pytest.mark.parametrize("row", VERBS, ids=lambda row: row.name)
def test_a_verb_is_done_with_one_payment_under_its_own_name(row: Route) -> None:
    assert row.of_payment
    assert row.path.endswith(f"/{row.name}")


def test_a_field_means_the_same_thing_everywhere() -> None:
    kinds = {(field.name, field.kind) for row in ROUTES for field in row.fields}
    assert len(kinds) == len({name for name, _ in kinds})
