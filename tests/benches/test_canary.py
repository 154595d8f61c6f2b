"""The judge of card numbers is judged: what it looks for, it finds, in whatever form."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tools.benches.canary import figures
from tools.benches.canary_planted import PLACES, planted
from tools.benches.canary_scan import Scan, forms

NUMBER = "4242424242424242"


def test_every_planted_number_is_found_in_every_place_and_form(tmp_path: Path) -> None:
    wanted, found = planted(tmp_path / "planted")
    assert wanted == len(forms(NUMBER)) * (len(PLACES) + 1) + 2
    assert found == wanted


@pytest.mark.parametrize("before", [b"", b"a", b"ab", b"abc", b'{"card": "'])
@pytest.mark.parametrize("behind", [b"", b"x", b"yz", b'"}'])
def test_a_number_is_found_in_base64_whatever_stands_around_it(before: bytes, behind: bytes) -> None:
    scan = Scan({"card": NUMBER})
    scan.bytes_of("here", base64.b64encode(before + NUMBER.encode() + behind))
    assert scan.hits
    assert all(hit.form.startswith("base64") for hit in scan.hits)


def test_a_number_that_is_cut_by_two_pieces_of_a_file_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.benches.canary_scan.CHUNK", 300)
    file = tmp_path / "long.log"
    file.write_bytes(b"." * 293 + NUMBER.encode() + b"." * 500)
    scan = Scan({"card": NUMBER})
    scan.file(file)
    assert [hit.form for hit in scan.hits] == ["plain"]


def test_other_numbers_are_no_hits(tmp_path: Path) -> None:
    file = tmp_path / "app.log"
    file.write_text("4242424242424241 4242 4242 4242 424 2026-11-23")
    scan = Scan({"card": NUMBER})
    scan.file(file)
    told = figures(58, 57, scan)
    assert (told["hits"], told["found_planted"], told["planted"], told["places"]) == (0, 57, 58, 1)
