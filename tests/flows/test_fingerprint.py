"""A version is recognised by what is on the screen, exactly one must match, and nothing is touched."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.flows.fake_impromed import PACK_FOLDER, FakeImproMed
from tillbridge.domain.errors import TillbridgeError
from tillbridge.flows.fingerprint import Recognised, recognise
from tillbridge.flows.pack import Pack
from tillbridge.flows.shelf import installed, sound
from tillbridge.screen.backend import NotAnswering, Program, Window
from tillbridge.screen.backends.fake import FakeBackend, FakeControl, FakeWindow


@pytest.fixture
def software() -> FakeImproMed:
    return FakeImproMed()


PACKS = installed("impromed")


def code(found: Recognised | TillbridgeError) -> str:
    return found.code if isinstance(found, TillbridgeError) else found.pack.key


def test_the_one_version_that_fits_is_found_and_nothing_is_touched(software: FakeImproMed) -> None:
    assert code(recognise(software.backend, PACKS)) == "impromed/6"
    assert software.backend.log == []


def test_a_program_that_is_something_else_is_no_unknown_version() -> None:
    editor = FakeBackend(FakeWindow("Untitled - Editor", [FakeControl("menu_bar")]), name="editor")
    assert code(recognise(editor, PACKS)) == "software_closed"


def test_nothing_running_is_closed_software() -> None:
    empty = FakeBackend()
    empty.running = False
    assert code(recognise(empty, PACKS)) == "software_closed"


def test_a_menu_bar_means_another_version(software: FakeImproMed) -> None:
    software.main.controls.append(FakeControl("menu_bar"))
    software.backend.program = Program("1", "impromed", 1, "", "")
    software.main.controls.remove(software.main["appButton"])
    assert code(recognise(software.backend, _only_desktop())) == "unknown_version"


def _only_desktop() -> tuple[Pack, ...]:
    """The pack without its way to know a page."""
    return tuple(_replace(pack) for pack in PACKS)


def _replace(pack: Pack) -> Pack:
    from dataclasses import replace

    return replace(pack, fingerprints=pack.fingerprints[:1])


def test_a_stated_version_outside_the_pack_is_unknown(software: FakeImproMed) -> None:
    software.backend.program = Program("1", "impromed", 1, "", "7.0.1")
    assert code(recognise(software.backend, PACKS)) == "unknown_version"


def test_a_control_that_is_hidden_is_not_had(software: FakeImproMed) -> None:
    software.main["pageTransactions"].shown = False
    assert code(recognise(software.backend, PACKS)) == "unknown_version"


def test_a_minimised_program_is_told_before_it_is_called_unknown(software: FakeImproMed) -> None:
    software.main["pageTransactions"].shown = False
    software.main.minimised = True
    assert code(recognise(software.backend, PACKS)) == "software_minimised"


def test_two_versions_that_fit_are_never_chosen_from(software: FakeImproMed, tmp_path: Path) -> None:
    shutil.copytree(PACK_FOLDER, tmp_path / "impromed/6")
    twin = tmp_path / "impromed/6b/pack.toml"
    twin.parent.mkdir()
    twin.write_text((PACK_FOLDER / "pack.toml").read_text().replace('version  = "6"', 'version = "6b"'))
    packs = (*PACKS, sound(twin.parent))
    found = recognise(software.backend, packs)
    assert code(found) == "version_ambiguous"
    assert isinstance(found, TillbridgeError)
    assert found.facts["versions"] == "impromed/6, impromed/6b"


class Two(FakeBackend):
    """The same windows shown by two programs."""

    def programs(self) -> list[Program]:
        return [Program("1", "impromed", 1), Program("2", "impromed", 2)]

    def windows(self, program: Program) -> Sequence[Window]:
        return super().windows(self.program)


def test_two_running_programs_are_never_chosen_from(software: FakeImproMed) -> None:
    assert code(recognise(Two(software.main), PACKS)) == "several_instances"


class Silent(FakeBackend):
    def windows(self, program: Program) -> list[Window]:
        raise NotAnswering("frozen")


def test_a_silent_program_is_not_answering_and_not_closed(software: FakeImproMed) -> None:
    assert code(recognise(Silent(software.main), PACKS)) == "not_answering"


def test_a_page_is_known_by_its_address_and_a_desktop_program_never_by_it(tmp_path: Path) -> None:
    software = FakeImproMed()
    software.main.controls.append(FakeControl("menu_bar"))  # so that the desktop drawing does not fit
    software.backend.program = Program("1", "https://www.impromed.test/client/1042", 1)
    assert code(recognise(software.backend, PACKS)) == "impromed/6"
    software.backend.program = Program("1", "impromed", 1)
    assert code(recognise(software.backend, PACKS)) == "unknown_version"


def test_a_field_that_must_be_readable_tells_formats_apart(software: FakeImproMed, tmp_path: Path) -> None:
    text = (PACK_FOLDER / "pack.toml").read_text()
    folder = tmp_path / "impromed/6"
    folder.mkdir(parents=True)
    reads = 'has_not  = ["menu_bar"]\nreads = ["account_balance"]'
    (folder / "pack.toml").write_text(text.replace('has_not  = ["menu_bar"]', reads, 1))
    packs = [_replace(sound(folder))]
    assert code(recognise(software.backend, packs)) == "impromed/6"
    software.main["lblBalance"].text = "267,90 €"
    assert code(recognise(software.backend, packs)) == "unknown_version"
