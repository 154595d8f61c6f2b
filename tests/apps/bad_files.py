"""Bad settings, keys and records: what a desk says when it is started on them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.apps.bad_input import case
from tests.apps.counter import TYPED, Counter, Shown, command, no_screen, start_process, write_site


def _home(request: pytest.FixtureRequest) -> Path:
    """A home with sound settings for a card processor that is not there."""
    home: Path = request.getfixturevalue("tmp_path") / "home"
    write_site(home, {"url": "http://127.0.0.1:9", "api_key": "key"})
    return home


def _changed(row: str, change: Callable[[str], str]) -> None:
    @case(row)
    def act(request: pytest.FixtureRequest) -> Shown:
        home = _home(request)
        site = home / "site.toml"
        before = site.read_text("utf-8")
        site.write_text(change(before), "utf-8")
        assert site.read_text("utf-8") != before
        return command(home, "payments")


_changed("site-not-toml", lambda text: text + "\nthis is not a setting\n")
_changed("site-section-misspelt", lambda text: text.replace("[posting]", "[postings]"))
_changed("site-key-misspelt", lambda text: text.replace("payment_method", "payment_methode"))
_changed("site-setting-left-out", lambda text: text.replace('payment_method = "Tillbridge"', ""))
_changed("site-value-wrong", lambda text: text + "\n[agent]\nport = 99999999\n")
_changed("site-currency-wrong", lambda text: text.replace("[site]", '[site]\ncurrency = "XXQ"'))
_changed("processor-misspelt", lambda text: text.replace('"simulator"', '"simulater"'))
_changed("software-misspelt", lambda text: text.replace('"impromed"', '"improved"'))


@case("site-missing")
def site_missing(request: pytest.FixtureRequest) -> Shown:
    return command(request.getfixturevalue("tmp_path"), "payments")


@case("keys-readable-by-others")
def keys_readable_by_others(request: pytest.FixtureRequest) -> Shown:
    home = _home(request)
    (home / "secrets.toml").chmod(0o644)
    return command(home, "payments")


@case("keys-missing")
def keys_missing(request: pytest.FixtureRequest) -> Shown:
    home = _home(request)
    (home / "secrets.toml").unlink()
    return command(home, "payments")


@case("keys-not-toml")
def keys_not_toml(request: pytest.FixtureRequest) -> Shown:
    home = _home(request)
    (home / "secrets.toml").write_text("api_key = sk-live-1234\n", "utf-8")
    shown = command(home, "payments")
    assert "1234" not in shown.text, "a broken line of keys is not repeated"
    return shown


@case("two-agents")
def two_agents(request: pytest.FixtureRequest) -> Shown:
    """Two processes on one record; the first one goes on undisturbed."""
    counter = request.getfixturevalue("counter")
    assert isinstance(counter, Counter)
    log = counter.folder / "second.log"
    second = start_process(counter.home, log, no_screen())
    assert second.wait(timeout=20) == 1
    assert second.stdout is not None
    second.stdout.close()
    assert counter.agent.get("/v1/health")["ok"]
    text = log.read_text("utf-8").strip()
    return Shown(text, text.rpartition("[")[2].rstrip("]"), 1)


def with_payments(home: Path) -> Path:
    """A record of payments with something in it."""
    command(home, *TYPED, "--amount", "5.00", "--id", "before-the-damage")
    return home / "journal.db"


def damage(journal: Path) -> None:
    """One letter of one amount, changed in the file: what a bad disk or a curious person does."""
    raw = journal.read_bytes()
    place = raw.rindex(b"before-the-damage") if b"Alvarez" not in raw else raw.index(b"Alvarez")
    journal.write_bytes(raw[:place] + b"X" + raw[place + 1 :])


@case("record-damaged")
def record_damaged(request: pytest.FixtureRequest) -> Shown:
    home = _home(request)
    damage(with_payments(home))
    return command(home, *TYPED, "--amount", "5.00")


@case("record-damaged-checked")
def record_damaged_checked(request: pytest.FixtureRequest) -> Shown:
    home = _home(request)
    damage(with_payments(home))
    return command(home, "journal", "check")


@case("record-empty")
def record_empty(request: pytest.FixtureRequest) -> Shown:
    home = _home(request)
    (home / "journal.db").write_bytes(b"")
    return command(home, "payments")


@case("record-of-something-else")
def record_of_something_else(request: pytest.FixtureRequest) -> Shown:
    home = _home(request)
    (home / "journal.db").write_bytes(b"%PDF-1.4 a letter")
    return command(home, "payments")


@case("port-taken")
def port_taken(request: pytest.FixtureRequest) -> Shown:
    counter = request.getfixturevalue("counter")
    assert isinstance(counter, Counter)
    home = _home(request)
    port = counter.address["url"].rpartition(":")[2]
    site = home / "site.toml"
    site.write_text(site.read_text("utf-8") + f"\n[agent]\nport = {port}\n", "utf-8")
    return command(home, "payments")


@case("no-display")
def no_display(request: pytest.FixtureRequest) -> Shown:
    counter = request.getfixturevalue("counter")
    assert isinstance(counter, Counter)
    return counter.command("invoice")
