"""The command line as a person uses it: what it prints, how wide, and how it ends."""

from __future__ import annotations

import io
import re
import shutil
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.apps.bad_files import damage, with_payments
from tests.apps.counter import TYPED, Counter, command, until, write_site
from tillbridge.apps.cli import doctor, money
from tillbridge.apps.cli.client import AgentClient
from tillbridge.apps.cli.lines import print_hanging
from tillbridge.apps.cli.main import main
from tillbridge.domain.errors import SetupError
from tillbridge.strings import sentence

PACKS = Path(__file__).resolve().parents[2] / "src" / "tillbridge" / "packs"


def _paid(counter: Counter, payment_id: str, *more: str) -> str:
    """Take a typed amount; the text that was printed."""
    body = {"typed": True, "client": "Alvarez", "amount": "12.00", "terminal_id": "front-desk-1"}
    counter.agent.post("/v1/payments", {"payment_id": payment_id, **body})
    path = f"/v1/payments/{payment_id}"
    until(lambda: counter.agent.get(path)["payment"]["money_state"] == "running", "it is on the terminal")
    counter.simulator.press("tap")
    until(lambda: counter.agent.get(path)["payment"]["charged"] == "yes", "it is taken")
    return counter.command("resume", payment_id, *more).text


def test_a_payment_is_told_step_by_step_and_ends_with_who_has_to_do_what(counter: Counter) -> None:
    told = _paid(counter, "told-step-by-step")
    for step in ("Sending it to the terminal.", "Approved: $12.00", "Written down for the books: $12.00."):
        assert step in told
    assert "Paid $12.00. Charged: yes. Client can go. Not in ImproMed (stand-in) yet." in told
    assert "enter this payment in ImproMed (stand-in) yourself" in told


def test_the_id_is_said_before_anything_is_sent(counter: Counter, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever is cut off here can ask what became of it."""
    arguments = ["--home", str(counter.home), *TYPED, "--terminal", "nowhere", "--amount", "1.00"]
    assert main(arguments) == 1
    first = capsys.readouterr().out.splitlines()[0]
    payment_id = first.removeprefix("Payment ")
    assert counter.agent.get(f"/v1/payments/{payment_id}")["payment"]["amount"]["minor"] == 100


def test_a_command_may_be_repeated_with_its_id(counter: Counter) -> None:
    _paid(counter, "repeated-command")
    before = len(counter.simulator.captures())
    again = counter.command(*TYPED, "--amount", "12.00", "--id", "repeated-command")
    assert "Paid $12.00" in again.text
    assert len(counter.simulator.captures()) == before


def test_a_person_settles_a_typed_payment(counter: Counter) -> None:
    _paid(counter, "settled-by-dana")
    ended = counter.command("resume", "settled-by-dana", "--do", "posted", "--person", "Dana")
    assert ended.exit_code == 0
    assert "Dana says it is in the books." in ended.text
    assert "In the books: seen in the books." in counter.command("show", "settled-by-dana").text


def test_a_payment_on_the_terminal_is_cancelled(counter: Counter) -> None:
    body = {"typed": True, "client": "Alvarez", "amount": "12.00", "terminal_id": "front-desk-1"}
    counter.agent.post("/v1/payments", {"payment_id": "cancelled-one", **body})
    path = "/v1/payments/cancelled-one"
    until(lambda: counter.agent.get(path)["payment"]["money_state"] == "running", "it is on the terminal")
    ended = counter.command("resume", "cancelled-one", "--do", "cancel")
    assert "Cancelled. The card was not charged. You cancelled it." in ended.text
    assert "Not paid. Charged: no." in ended.text
    assert counter.command("resume", "cancelled-one", "--do", "cancel").code == "nothing_to_cancel"


@pytest.mark.parametrize("width", [80, 120])
def test_the_list_fits_and_names_each_payment(
    counter: Counter, width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    counter.simulator.press("pull")
    counter.command(*TYPED, "--client", "O'Brien-Featherstonehaugh, Maximiliane", "--amount", "1212.00")
    counter.simulator.press("plug")
    newest = str(counter.agent.get("/v1/payments")["payments"][0]["payment_id"])
    assert main(["--home", str(counter.home), "payments"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line) for line in lines) <= width
    row = next(line for line in lines if newest[:8] in line)
    assert "$1,212.00" in row
    assert (newest in row) == (width == 120)
    assert counter.command("show", newest[:8]).exit_code == 0, "the first eight letters are enough"


def test_long_lines_hang_under_themselves() -> None:
    out = io.StringIO()
    print_hanging(
        Console(file=out, width=50), "  12:00  ", "one two three four five six seven eight nine ten eleven"
    )
    first, second = out.getvalue().splitlines()
    assert first.startswith("  12:00  one")
    assert second[:9] == " " * 9
    assert second[9] != " "
    assert max(len(first), len(second)) <= 50


def test_misuse_is_told_apart_from_what_was_not_done() -> None:
    for words in ([], ["payy"], ["show"], ["resume", "x", "--do", "everything"]):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 2


def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    for name in (
        "agent",
        "pay",
        "invoice",
        "rehearse",
        "pause",
        "payments",
        "recheck",
        "show",
        "support",
        "resume",
        "journal",
        "doctor",
        "pack",
    ):
        with pytest.raises(SystemExit) as ended:
            main([name, "--help"])
        assert ended.value.code == 0
        assert f"tillbridge {name}" in capsys.readouterr().out


def test_an_interrupt_says_that_nothing_is_lost(
    counter: Counter, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> dict[str, Any]:
        raise KeyboardInterrupt

    monkeypatch.setattr(AgentClient, "get", interrupted)
    assert main(["--home", str(counter.home), "payments"]) == 130
    assert "Nothing is lost" in capsys.readouterr().err


# ---- the record ----


def test_a_sound_record_is_called_sound_with_and_without_an_agent(counter: Counter, tmp_path: Path) -> None:
    assert "is sound" in counter.command("journal", "check").text
    home = tmp_path / "home"
    write_site(home, {"url": "http://127.0.0.1:9", "api_key": "key"})
    with_payments(home)
    checked = command(home, "journal", "check")
    assert checked.exit_code == 0
    assert re.search(r"is sound: [1-9]\d* lines", checked.text)


def test_a_damaged_record_is_salvaged_and_work_goes_on(tmp_path: Path) -> None:
    home = tmp_path / "home"
    write_site(home, {"url": "http://127.0.0.1:9", "api_key": "key"})
    command(home, *TYPED, "--amount", "3.00", "--id", "an-older-payment")
    damage(with_payments(home))
    assert command(home, "payments").code == "damaged"
    assert command(home, "journal", "check").exit_code == 1
    salvaged = command(home, "journal", "salvage")
    assert salvaged.exit_code == 0, salvaged.text
    aside = re.search(r"untouched: (\S+)\.", salvaged.text)
    assert aside is not None
    assert Path(aside[1]).exists()
    assert command(home, "journal", "check").exit_code == 0
    assert command(home, "payments").exit_code == 0


def test_nothing_is_salvaged_under_a_running_agent(counter: Counter) -> None:
    assert counter.command("journal", "salvage").code == "opened_twice"


# ---- packs ----


def test_a_fault_of_a_pack_is_told_with_file_and_line(tmp_path: Path) -> None:
    folder = tmp_path / "6"
    shutil.copytree(PACKS / "impromed" / "6", folder)
    pack = folder / "pack.toml"
    lines = pack.read_text("utf-8").splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("[control.pay]"))
    lines[at + 1] = 'in = "no_such_window"'
    pack.write_text("\n".join(lines), "utf-8")
    told = command(tmp_path, "pack", "lint", str(folder))
    assert told.exit_code == 1
    assert re.search(
        rf"{re.escape(str(pack))}:{at + 1}\d*: error|{re.escape(str(pack))}:{at + 2}: error", told.text
    )


@pytest.mark.parametrize("name", ["impromed/6", "gnucash/4"])
def test_the_shipped_packs_are_sound(tmp_path: Path, name: str) -> None:
    told = command(tmp_path, "pack", "lint", str(PACKS / name))
    assert (told.exit_code, "0 faults" in told.text) == (0, True)


# ---- doctor ----


def test_the_machine_is_looked_at_by_values() -> None:
    gib = 2**30
    assert doctor.display("", "x").code == "display_bad"
    assert doctor.display(":0", "").code == "session_bad"
    assert doctor.display(":0", "unix:path=x").mark == "ok"
    assert (doctor.disk(gib, Path("/")).mark, doctor.disk(gib // 4, Path("/")).code) == ("ok", "disk_bad")
    assert (doctor.speed(0.001).mark, doctor.speed(0.2).code) == ("ok", "speed_slow")
    assert doctor.clock(0, 1_700_000_000_000).mark == "ok"
    behind = doctor.clock(1_700_000_000_000, 1_600_000_000_000)
    assert (behind.mark, behind.code) == ("bad", "clock_bad")


class _Told(AgentClient):
    """An agent that says what it is given to say."""

    def __init__(self, **told: Any) -> None:
        object.__setattr__(self, "told", told)

    def get(self, path: str, **params: str | int) -> dict[str, Any]:
        return self._say(path)

    def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return self._say(path)

    def _say(self, path: str) -> dict[str, Any]:
        answer = self.told[path.removeprefix("/v1/")]  # type: ignore[attr-defined]
        if isinstance(answer, Exception):
            raise answer
        found: dict[str, Any] = answer
        return found


HEALTH: dict[str, Any] = {"ok": True, "fatal": None, "open_payments": 2, "newest_wall_ms": 0, "found": []}
TERMINAL = {"terminal_id": "t", "name": "Front Desk 1", "state": "idle"}


def _trouble(code: str) -> dict[str, Any]:
    return {"trouble": {"code": code, "who": "operator", "text": sentence(code, {"name": "ImproMed"})}}


LAST = {"at_wall_ms": 1_800_000_000_000, "by": "charge", "found": "as_expected", "text": "All well."}


class _Pays(_Told):
    """Begins a payment that is over at once; the window could not be tried before."""

    def _say(self, path: str) -> dict[str, Any]:
        money = {"minor": 500, "text": "$5.00"}
        attempt = {"where": "terminal", "url": "", "cancel_asked": False, "queued": ""}
        payment = {
            "payment_id": "p", "operation": "sale", "of": "", "invoice_number": "1", "client": "A", "amount": money,
            "taken": money, "finished": True, "next": [],
            "money_state": "approved", "charged": "yes", "posting_state": "posted", "postings": [],
            "to_enter": [], "tasks": [], "task_texts": [], "attempts": [attempt],
        }  # fmt: skip
        return {
            "payment": payment,
            "story": [],
            "notice": {"text": "It could not be tried before this charge."},
        }


def test_a_charge_that_went_on_untried_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    names = ("payment_id", "terminal", "person", "client", "account", "invoice")
    options = Namespace(**dict.fromkeys(names, ""), amount=None, typed=False, anyway=False)
    assert money._pay(_Pays(), options, "ImproMed") == 0
    assert "It could not be tried before this charge." in capsys.readouterr().out


FINDINGS: list[tuple[str, dict[str, Any], str, str, str]] = [
    ("journal", {"health": HEALTH}, "ok", "journal_ok", ""),
    ("journal", {"health": {**HEALTH, "found": ["ram_disk"]}}, "look", "journal_look", "memory"),
    (
        "journal",
        {"health": {**HEALTH, "ok": False, "fatal": {"code": "disk_full", "text": sentence("disk_full")}}},
        "bad",
        "journal_bad",
        "Free some space.",
    ),
    ("gateway", {"terminals": {"terminals": [TERMINAL]}}, "ok", "gateway_ok", ""),
    ("gateway", {"terminals": {"terminals": []}}, "bad", "gateway_bad", "cannot be reached"),
    (
        "gateway",
        {"terminals": {"terminals": [{**TERMINAL, "state": "offline"}]}},
        "look",
        "terminal_offline",
        "",
    ),
    ("gateway", {"terminals": SetupError("wrong_key")}, "bad", "gateway_bad", "does not accept our key"),
    ("software", {"software": {"name": "ImproMed", "version": "6"}}, "ok", "software_ok", ""),
    ("software", {"software": _trouble("software_closed")}, "bad", "software_bad", "Open it"),
    ("software", {"software": _trouble("unknown_version")}, "bad", "software_bad", "new to us"),
    ("settings", {"rehearse": {"trouble": None}}, "ok", "settings_ok", ""),
    (
        "settings",
        {"rehearse": _trouble("no_invoice_open")},
        "look",
        "settings_untried",
        "Open the client's invoice",
    ),
    (
        "settings",
        {"rehearse": {"trouble": None, "last": LAST}},
        "ok",
        "settings_ok",
        "(before a charge): All well.",
    ),
    (
        "settings",
        {"rehearse": {**_trouble("money_under_way"), "found": "not_done"}},
        "look",
        "settings_untried",
        "was not tried yet on this desk",
    ),
    ("pause", {"health": {**HEALTH, "paused": None}}, "ok", "pause_off", ""),
    ("pause", {"health": {**HEALTH, "paused": {"text": "until 10:42"}}}, "look", "pause_on", "until 10:42"),
    ("settings", {"rehearse": _trouble("method_missing")}, "bad", "settings_bad", "Correct site.toml"),
]


@pytest.mark.parametrize(
    ("what", "told", "mark", "code", "advice"),
    FINDINGS,
    ids=[f"{f[0]}-{f[3]}-{n}" for n, f in enumerate(FINDINGS)],
)
def test_doctor_finds_it_and_says_what_to_do(
    what: str, told: dict[str, Any], mark: str, code: str, advice: str
) -> None:
    found = doctor.LOOKS[what](_Told(**told))
    assert (found.mark, found.code) == (mark, code)
    assert advice in found.advice


def test_doctor_on_a_desk_without_a_screen_counts_what_is_to_mend(counter: Counter) -> None:
    told = counter.command("doctor")
    assert told.exit_code == 1
    assert "Not ready: 2 to mend." in told.text
    for part in ("Terminals: Front Desk 1, Front Desk 2", "There is no display", "The clock says", "MB free"):
        assert part in told.text


def test_doctor_still_looks_at_the_machine_when_no_agent_starts(tmp_path: Path) -> None:
    home = tmp_path / "home"
    write_site(home, {"url": "http://127.0.0.1:9", "api_key": "key"})
    (home / "secrets.toml").chmod(0o644)
    told = command(home, "doctor")
    assert "MB free" in told.text
    assert "The agent does not start. Others on this computer can read the keys." in told.text


def test_a_link_is_made_listed_shown_as_a_square_and_closed(counter: Counter) -> None:
    words = ("--amount", "31.00", "--entry", "link", "--valid-days", "2", "--id", "link-by-hand-1")
    made = counter.command(*TYPED, *words)
    assert made.exit_code == 0
    assert "The link over $31.00 can be paid: http" in made.text
    assert "Alvarez, $31.00, until" in counter.command("links", "--client", "alva").text
    square = counter.command("qr", "link-by-hand-1").text
    assert counter.agent.get("/v1/payments/link-by-hand-1")["payment"]["attempts"][-1]["url"] in square
    assert "Not paid. Charged: no." in counter.command("cancel", "link-by-hand-1").text
    assert "No link waits to be paid." in counter.command("links", "--client", "alva").text


def test_money_goes_back_with_an_offer_first(counter: Counter) -> None:
    _paid(counter, "goes-back-again")
    offer = counter.command("offer", "goes-back-again")
    assert "Take $12.00 back from Visa 4242 as if it had never been. The client sees it today." in offer.text
    back = counter.command("give-back", "goes-back-again", "--person", "Dana")
    assert "Given back: $12.00 Visa 4242." in back.text
    assert counter.agent.get("/v1/payments/goes-back-again")["payment"]["went_back"] == "whole"


def test_a_refusal_has_a_number_that_can_be_read_over_the_telephone(
    counter: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--home", str(counter.home), "give-back", "nobody-knows-this", "--person", "Dana"]) == 1
    assert re.search(r"  TB-\d{3} \[unknown_payment\]$", capsys.readouterr().err.strip())


def test_what_is_read_from_the_screen_is_refused_where_there_is_none(counter: Counter) -> None:
    for name in ("account", "payment-methods", "stored-cards"):
        assert counter.command(name).code == "no_display"
