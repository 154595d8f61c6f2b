"""One file for support: complete, and without clients' names and card numbers."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from tests.apps.counter import until
from tests.apps.desk_in_memory import desk_in_memory
from tests.apps.nothing_kept import CARD_DASHED, CARD_PLAIN, CARD_SPACED
from tillbridge.apps.agent import support
from tillbridge.apps.agent.runs import Runs
from tillbridge.apps.agent.support import HIDDEN, Redaction, Support

PAYMENT = {
    "payment_id": "payment-0001",
    "software": "impromed",
    "charged": "yes",
    "money_state": "approved",
    "posting_state": "posted",
    "tasks": [],
    "postings": [{"marker": "V4242-K7Q9"}],
}
STEP = {
    "seq": 1,
    "kind": "payment_created",
    "chain": "abcdef012345",
    "wall_ms": 1_800_000_000_000,
    "text": "",
}


def step(told: str, *details: str) -> dict[str, object]:
    return {**STEP, "told": told, "details": list(details)}


def a_run(folder: Path, name: str, **facts: object) -> None:
    (folder / f"{name}.jsonl").write_text(json.dumps({"at": 0.1, "what": "dialog", **facts}) + "\n", "utf-8")


def read(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as packed:
        return {name: packed.read(name).decode("utf-8", "replace") for name in packed.namelist()}


def test_it_holds_the_story_the_runs_of_the_payment_and_their_pictures(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    a_run(tmp_path, "1-post-V4242-K7Q9", text="Print receipt?")
    a_run(tmp_path, "2-post-V9999-AAAA", text="another payment")
    for name in (
        "1-post-V4242-K7Q9.filled.png",
        "1-post-V4242-K7Q9.after.txt",
        "2-post-V9999-AAAA.after.png",
    ):
        (pictures / name).write_bytes(b"picture")
    made = Support(tmp_path / "support", Runs(tmp_path), pictures)
    packed = read(made.packed(PAYMENT, [step("Saved.", "For 2 s.")], ["Alvarez, Rosa"]))
    assert set(packed) == {
        "about.txt",
        "story.txt",
        "runs/1-post-V4242-K7Q9.txt",
        "pictures/1-post-V4242-K7Q9.filled.png",
        "pictures/1-post-V4242-K7Q9.after.txt",
    }
    assert "Saved. For 2 s." in packed["story.txt"]
    assert "Print receipt?" in packed["runs/1-post-V4242-K7Q9.txt"]


def test_clients_names_are_in_none_of_its_texts(tmp_path: Path) -> None:
    a_run(tmp_path, "1-post-V4242-K7Q9", text="ROSA is in use; O'Brien, Max owes; Alvarezson stays")
    made = Support(tmp_path / "support", Runs(tmp_path), tmp_path)
    names = ["Alvarez, Rosa", "O'Brien, Max"]
    packed = read(made.packed(PAYMENT, [step("Alvarez, Rosa paid."), step("rosa again")], names))
    together = "\n".join(packed.values()).lower()
    assert [name for name in ("alvarez,", "rosa", "brien", "max") if name in together] == []
    assert "alvarezson stays" in together, "only whole words"
    assert "(client) paid." in packed["story.txt"]


@pytest.mark.parametrize("number", [CARD_PLAIN, CARD_SPACED, CARD_DASHED])
def test_a_card_number_is_in_none_of_its_texts(tmp_path: Path, number: str) -> None:
    a_run(tmp_path, "1-post-V4242-K7Q9", text=f"Card {number} declined")
    made = Support(tmp_path / "support", Runs(tmp_path), tmp_path)
    packed = read(made.packed(PAYMENT, [step(f"Somebody typed {number}."), step("The rest stays.")], []))
    assert [name for name, text in packed.items() if number in text] == []
    assert HIDDEN in packed["story.txt"]
    assert "The rest stays." in packed["story.txt"]


def test_a_name_that_means_something_to_a_pattern_is_taken_as_it_is() -> None:
    assert Redaction(("A.*b (c",)).text("A.*b (c and Axxb stay") == "(client) and Axxb stay"


def test_old_files_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(support, "FILES_KEPT", 3)
    made = Support(tmp_path / "support", Runs(tmp_path), tmp_path)
    for number in range(6):
        made.packed({**PAYMENT, "payment_id": f"{number}-payment"}, [], [])
    assert len(list((tmp_path / "support").iterdir())) == 3


def test_the_desk_takes_out_the_names_of_all_its_clients(tmp_path: Path) -> None:
    with desk_in_memory(tmp_path, by_itself=False) as desk:
        desk.pay("typed-0001", typed=True, client="Brown, Jo", amount="5.00")
        until(lambda: desk.captures() == [500], "it is charged")
        desk.pay(amount="10.00")
        marker = desk.finished()["postings"][-1]["marker"]
        a_run(tmp_path, f"1-post-{marker}", text="Brown is open on another workstation")
        packed = read(Path(desk.ask("support", "payment-0001")["file"]))
        assert "Brown" not in packed[f"runs/1-post-{marker}.txt"]
        assert "On the screen: (client), invoice 10482" in packed["story.txt"]
