"""receipt, ready-to-close and agreement as typed: what is said, and the number that a script goes by."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from tillbridge.apps.cli import agreement, closing, main, receipt


class Answers:
    """An agent that answers as it is told, and keeps what it was asked."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.told = told
        self.asked: tuple[str, dict[str, Any]] = ("", {})

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.asked = (path, body)
        return self.told


def run(
    command: Any, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any], *words: str
) -> tuple[int, Answers]:
    agent = Answers(told)

    @contextmanager
    def agent_for(site: object, *, say_pause: bool) -> Iterator[Answers]:
        yield agent

    monkeypatch.setattr(command, "agent_for", agent_for)
    monkeypatch.setattr(command, "load_site", lambda home: SimpleNamespace(home=home))
    if command is receipt:
        monkeypatch.setattr(command, "whole_id", lambda agent, told: told)
    options: argparse.Namespace = main._parser().parse_args(["--home", "nowhere", *words])
    return command.run(options), agent


RECEIPT = {
    "text": "Total paid  $212.40",
    "sent": "",
    "sent_text": "Saved: x.pdf",
    "saved_text": "Saved: x.pdf",
}


@pytest.mark.parametrize(("sent", "code"), [("", 0), ("yes", 0), ("no", 1), ("maybe", 1)])
def test_a_receipt_is_shown_and_a_script_hears_whether_it_went_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], sent: str, code: int
) -> None:
    told = {**RECEIPT, "sent": sent, "sent_text": "So it went."}
    words = ("receipt", "pay-1", "--how", "email", "--to", "rosa@example.org")
    found, agent = run(receipt, monkeypatch, told, *words)
    assert found == code
    assert agent.asked == ("/v1/payments/pay-1/receipt", {"how": "email", "to": "rosa@example.org"})
    shown = capsys.readouterr().out
    assert "Total paid  $212.40" in shown
    assert "So it went." in shown
    assert ("Saved: x.pdf" in shown) is bool(sent)


def line(brand: str) -> dict[str, Any]:
    sums = {"taken": "$96.20", "apart": "$0.00", "in_books": "$0.00", "difference": "$96.20"}
    return {"brand": brand, **{name: {"text": text} for name, text in sums.items()}}


ITEM = {"payment_id": "pay-1", "client": "Rosa Alvarez", "invoice_number": "10482", "amount": {"text": "$96.20"},
        "reason": "waits", "text": "Not in ImproMed yet.", "said_by": ""}  # fmt: skip
DAY = {
    "ready": False, "headline": "$96.20 does not agree", "lines": [line("Visa")], "total": line(""), "paused": None,
    "differences": [ITEM], "open": [ITEM, {**ITEM, "reason": "to_check", "text": "Hold it."}],
    "carried": [], "said": [{**ITEM, "reason": "", "text": "", "said_by": "Kim"}], "deposits": [],
    "given_back": [], "links": [], "returned": [],
}  # fmt: skip


def test_a_day_that_does_not_agree_is_told_once_and_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, agent = run(closing, monkeypatch, DAY, "ready-to-close", "--hold", "--days-ago", "1")
    assert code == 1
    assert agent.asked == ("/v1/ready_to_close", {"days_ago": 1, "hold": True})
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.startswith("$96.20 does not agree card taken not entered in the books difference")
    assert shown.count("Rosa Alvarez, invoice 10482, $96.20 (pay-1). Not in ImproMed yet.") == 1
    assert "Not over yet: Rosa Alvarez, invoice 10482, $96.20 (pay-1). Hold it." in shown
    assert "Kim said so." in shown


def test_a_day_that_is_ready_ends_with_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {**DAY, "ready": True, "headline": "Cards agree: $0.00", "lines": [], "differences": [], "open": [],
            "said": [], "paused": {"text": "Until noon."}}  # fmt: skip
    code, _ = run(closing, monkeypatch, told, "ready-to-close")
    assert code == 0
    assert capsys.readouterr().out.split() == ["Cards", "agree:", "$0.00", "Until", "noon."]


def test_the_text_of_an_agreement_is_shown_with_its_version(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {"kind": "TEL", "version": "TEL-2026-1", "text": "Do you agree?", "do": "Read it aloud."}
    words = ("agreement", "--kind", "TEL", "--client", "Rosa", "--amount", "96.20")
    code, agent = run(agreement, monkeypatch, told, *words)
    assert (code, agent.asked[1]) == (0, {"kind": "TEL", "client": "Rosa", "amount": "96.20"})
    assert capsys.readouterr().out.splitlines() == ["Read it aloud.", "TEL-2026-1: Do you agree?"]
