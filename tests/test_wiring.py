"""Settings in, a ready engine out: what the site files say, and a screen that comes, goes and comes back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.apps.counter import write_site
from tillbridge import wiring
from tillbridge.domain.errors import SetupError
from tillbridge.domain.money import Money
from tillbridge.ports.practice import (
    AccountSeen,
    InvoiceSeen,
    LedgerSeen,
    PostingOrder,
    PostingReport,
    SoftwareSeen,
    Trouble,
)
from tillbridge.wiring import FileSecrets, LatePractice, load_site

WHOLE = """
[site]
clinic_name = "Pine Street Vet"
currency = "EUR"
[gateway]
name = "simulator"
terminal = "front-desk-2"
[gateway.settings]
url = "http://127.0.0.1:9"
[software]
pack = "impromed"
name = "Our ImproMed"
shelf = "/our/packs"
[posting]
payment_method = "Card"
employee = "Kim"
[posting.payment_methods]
Visa = "Visa card"
[screen]
backend = "auto"
guard = "none"
rehearse = "never"
[agent]
port = 4711
[settings]
transfer_account = "Clearing"
"""


def test_every_setting_of_a_site_arrives(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(WHOLE, "utf-8")
    site = load_site(tmp_path)
    assert (site.gateway, site.terminal, site.pack) == ("simulator", "front-desk-2", "impromed")
    assert (site.software_name, site.guard, site.port) == ("Our ImproMed", "none", 4711)
    assert (site.rehearse, site.shelf) == ("never", Path("/our/packs"))
    assert (site.policy.currency, site.policy.clinic_name) == ("EUR", "Pine Street Vet")
    assert site.policy.method_for("Visa") == "Visa card"
    assert site.policy.method_for("Amex") == "Card"
    assert site.settings == {"transfer_account": "Clearing"}
    assert site.gateway_settings == {"url": "http://127.0.0.1:9"}


def test_what_a_site_leaves_out_has_a_plain_default(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(
        '[gateway]\nname = "simulator"\n[software]\npack = "impromed"\n[posting]\npayment_method = "Card"\n'
    )
    site = load_site(tmp_path)
    assert (site.software_name, site.terminal, site.port, site.guard) == ("impromed", "", 0, "auto")
    assert site.policy.currency == "USD"
    assert (site.rehearse, site.shelf) == ("auto", None)


def test_what_a_rehearsal_holds_for_changes_with_packs_and_with_settings_of_a_posting(tmp_path: Path) -> None:
    write_site(tmp_path / "home", {"url": "http://127.0.0.1:9", "api_key": "key"})
    site = load_site(tmp_path / "home")
    (tmp_path / "packs" / "impromed" / "6").mkdir(parents=True)
    pack = tmp_path / "packs" / "impromed" / "6" / "pack.toml"
    pack.write_text("one")
    own = replace(site, shelf=tmp_path / "packs")
    found = [wiring.set_up_of(site), wiring.set_up_of(own)]
    pack.write_text("two")
    found.append(wiring.set_up_of(own))
    found.append(wiring.set_up_of(replace(own, policy=replace(own.policy, payment_method="Other"))))
    found.append(wiring.set_up_of(replace(own, settings={"account": "Other"})))
    assert len(set(found)) == 5
    assert wiring.set_up_of(replace(own, port=99)) == found[2]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("[agent]\nport = true", "site_value"),
        ("[agent]\nport = 'x'", "site_value"),
        ("[screen]\nguard = 3", "site_value"),
        ("[screen]\nrehearse = 'often'", "site_value"),
        ("[posting.payment_methods]\nVisa = 1", ""),
        ("extra = 1", "site_section"),
        ("[screens]\n", "site_section"),
        ("[agent]\nports = 1", "site_key"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(tmp_path: Path, line: str, code: str) -> None:
    base = (
        '[gateway]\nname = "simulator"\n[software]\npack = "impromed"\n[posting]\npayment_method = "Card"\n'
    )
    (tmp_path / "site.toml").write_text(f"{line}\n{base}" if line.startswith("extra") else f"{base}{line}\n")
    if not code:
        assert load_site(tmp_path).policy.method_for("Visa") == "1"
        return
    with pytest.raises(SetupError) as refused:
        load_site(tmp_path)
    assert refused.value.code == code


def test_the_home_folder_is_named_or_the_users_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TILLBRIDGE_HOME", str(tmp_path))
    assert wiring.home_folder() == tmp_path
    monkeypatch.delenv("TILLBRIDGE_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert wiring.home_folder() == Path("/data/tillbridge")


def test_keys_are_read_only_from_a_file_that_is_the_owners_alone(tmp_path: Path) -> None:
    write_site(tmp_path / "home", {"url": "http://127.0.0.1:9", "api_key": "the key"})
    home = tmp_path / "home"
    assert FileSecrets(home).get("api_key") == "the key"
    for mode in (0o640, 0o604, 0o666):
        (home / "secrets.toml").chmod(mode)
        with pytest.raises(SetupError) as refused:
            FileSecrets(home).get("api_key")
        assert refused.value.code == "secrets_open"
    (home / "secrets.toml").chmod(0o600)
    with pytest.raises(SetupError) as missing:
        FileSecrets(home).get("another_key")
    assert missing.value.code == "secret_missing"


# ---- a screen that comes late, goes and comes back ----

SEEN = SoftwareSeen(software="impromed", version="6", build="6.4.2", name="ImproMed", instance="1")


class Desktop:
    """What a connection to a desktop would be; `gone` = the desktop ended under it."""

    def __init__(self) -> None:
        self.gone = self.closed = False
        self.surprise: Exception | None = None

    def identify(self) -> SoftwareSeen | Trouble:
        if self.surprise is not None:
            raise self.surprise
        if self.gone:
            return Trouble(who="setup", code="desktop_gone")
        return SEEN

    def read_invoice(self) -> InvoiceSeen | Trouble:
        return Trouble(who="operator", code="software_closed")

    def read_ledger(self, order: PostingOrder) -> LedgerSeen | Trouble:
        raise AssertionError(f"looked for {order.marker}")

    def read_account(self, order: PostingOrder) -> AccountSeen | Trouble:
        raise AssertionError(f"looked for {order.account_id}")

    def list_payment_methods(self) -> tuple[str, ...] | Trouble:
        return ("Cash", "Card")

    def post(self, order: PostingOrder) -> PostingReport:
        raise AssertionError(f"typed {order.marker}")

    def rehearse(self, order: PostingOrder) -> PostingReport:
        return PostingReport(
            stage="not_committed",
            trouble=Trouble(who="operator", code="window_open", facts={"marker": order.marker}),
        )

    def idle_s(self) -> float:
        return 7.0

    def close(self) -> None:
        self.closed = True


def _order(account_id: str = "01042") -> PostingOrder:
    return PostingOrder(
        payment_id="p-1",
        kind="sale",
        account_id=account_id,
        client="Alvarez",
        invoice_number="10482",
        amount=Money(minor=100, currency="USD"),
        marker="V4242-K7Q9",
        balance=None,
        payment_method="Card",
        employee="Kim",
    )


def test_no_screen_at_the_start_is_a_trouble_and_a_screen_that_comes_later_is_used() -> None:
    desktops: list[Desktop] = []

    def connect() -> Desktop:
        if not desktops:
            raise SetupError("no_display")
        return desktops[-1]

    practice = LatePractice("Our ImproMed", connect)
    missing = practice.identify()
    assert isinstance(missing, Trouble)
    assert (missing.code, missing.retry_in_ms) == ("no_display", 10_000)
    assert practice.idle_s() == 0.0, "nobody knows whether somebody types: never take it for quiet"
    desktops.append(Desktop())
    assert practice.identify() == SEEN
    assert practice.idle_s() == 7.0


def test_a_desktop_that_ends_is_let_go_and_the_next_one_is_used() -> None:
    first, second = Desktop(), Desktop()
    waiting = [second, first]
    practice = LatePractice("Our ImproMed", waiting.pop)
    assert practice.identify() == SEEN
    first.gone = True
    gone = practice.identify()
    assert isinstance(gone, Trouble)
    assert first.closed
    assert practice.identify() == SEEN
    practice.close()
    assert second.closed


def test_a_surprise_while_reading_is_a_trouble_and_the_next_look_begins_anew() -> None:
    first, second = Desktop(), Desktop()
    waiting = [second, first]
    practice = LatePractice("Our ImproMed", waiting.pop)
    practice.identify()
    first.surprise = ConnectionResetError("the X server")
    found = practice.identify()
    assert isinstance(found, Trouble)
    assert (found.code, found.facts["cause"]) == ("screen_failed", "ConnectionResetError: the X server")
    assert first.closed
    assert practice.identify() == SEEN


def test_a_desktop_that_cannot_be_closed_any_more_is_let_go_all_the_same() -> None:
    class Stubborn(Desktop):
        def close(self) -> None:
            raise BrokenPipeError("already gone")

    practice = LatePractice("Our ImproMed", Stubborn)
    practice.identify()
    practice.close()
    assert practice.complaint == "BrokenPipeError: already gone"


def test_a_surprise_while_typing_is_raised_so_that_the_engine_takes_it_as_a_doubt() -> None:
    desktop = Desktop()
    practice = LatePractice("Our ImproMed", lambda: desktop)
    with pytest.raises(AssertionError, match="typed V4242-K7Q9"):
        practice.post(_order())
    assert desktop.closed


def test_troubles_call_the_software_what_the_site_calls_it() -> None:
    practice = LatePractice("Our ImproMed", Desktop)
    closed, open_window = practice.read_invoice(), practice.rehearse(_order()).trouble
    assert isinstance(closed, Trouble)
    assert closed.facts["name"] == "Our ImproMed"
    assert open_window is not None
    assert open_window.facts == {"name": "Our ImproMed", "marker": "V4242-K7Q9"}


def test_a_typed_amount_without_an_account_is_never_looked_for_or_typed() -> None:
    practice = LatePractice("Our ImproMed", Desktop)
    looked, typed = practice.read_ledger(_order("")), practice.post(_order(""))
    assert isinstance(looked, Trouble)
    assert typed.stage == "not_committed"
    assert typed.trouble == looked
    assert (looked.code, looked.facts["payment_id"]) == ("enter_yourself", "p-1")
