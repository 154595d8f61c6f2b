"""Receipts asked of a desk: saved, printed, e-mailed and texted for a payment that the engine took."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pypdf
import pytest

from tests.apps.desk_in_memory import desk_in_memory
from tests.domain.story import event
from tests.engine.clinic import Clinic
from tests.messages.mail_server import Mailbox, NamedSecrets, mail_server
from tests.receipts.papers import NOON, sale, story, taken
from tillbridge.apps.agent.agreeing import Agreeing
from tillbridge.apps.agent.ground import Ground, News
from tillbridge.apps.agent.papers import Papers
from tillbridge.apps.agent.receipts import ReceiptDesk
from tillbridge.domain.errors import OperatorError, SetupError
from tillbridge.engine.cashier import Engine
from tillbridge.engine.policy import Policy
from tillbridge.messages import MessageSettings, open_messenger
from tillbridge.messages.lp import Lp
from tillbridge.ports.site_store import Consent

ID = "pay-1"


class Direct:
    """A runner of one thread."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def ask(self, act: Callable[[Engine], Any]) -> Any:
        return act(self.engine)


@dataclass
class Paid:
    """A desk with one payment that was taken."""

    home: Path
    engine: Engine
    ground: Any

    def receipt(self, **body: Any) -> dict[str, Any]:
        return ReceiptDesk(cast("Ground", self.ground), UTC).receipt(ID, body)

    def has(self, settings: MessageSettings, printer: Lp | None = None) -> None:
        messenger = open_messenger(settings, NamedSecrets(), self.home)
        made = printer or Lp(command="no-such-lp")
        self.ground.papers = Papers(folder=self.home / "receipts", messenger=messenger, printer=made)


@pytest.fixture
def desk(tmp_path: Path) -> Paid:
    engine = Clinic().engine
    _, events = sale()
    engine._append(ID, None, events)
    found = Paid(tmp_path, engine, SimpleNamespace(runner=Direct(engine), news=News(), currency="USD"))
    found.has(MessageSettings(email="outbox", text="outbox"))
    return found


def lp_that(folder: Path, does: str) -> str:
    """A program in place of `lp`: notes what it was asked, then does something."""
    program = folder / "lp"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > "{folder}/asked"\n{does}\n')
    program.chmod(0o755)
    return str(program)


def test_a_receipt_is_saved_where_others_cannot_read_it(desk: Paid) -> None:
    told = desk.receipt()
    file = Path(told["path"])
    assert (told["copy"], told["sent"]) == (1, "")
    assert "Total paid" in told["text"]
    assert "Total paid" in pypdf.PdfReader(io.BytesIO(file.read_bytes())).pages[0].extract_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_the_second_one_says_that_it_is_a_copy_and_the_same_wish_again_does_not(desk: Paid) -> None:
    before = len(desk.engine.journal.events(ID))
    first, again, second = (desk.receipt(key=key) for key in ("wish-1", "wish-1", "wish-2"))
    assert len(desk.engine.journal.events(ID)) == before + 2
    assert (first["copy"], again["copy"], second["copy"]) == (1, 1, 2)
    assert first["text"] == again["text"]
    assert "COPY 1" in second["text"]
    assert first["path"] == again["path"] != second["path"]


def test_a_receipt_that_is_made_stands_in_the_story(desk: Paid) -> None:
    desk.receipt(how="text", to="(555) 234-0147", person="Kim")
    event = desk.engine.journal.events(ID)[-1].event
    assert (event.kind, event.text("how"), event.text("person")) == ("receipt_made", "text", "Kim")
    assert "0147" not in str(event.facts)


def test_it_goes_by_mail_as_text_page_and_pdf(desk: Paid) -> None:
    box = Mailbox()
    with mail_server(box) as settings:
        desk.has(MessageSettings(email="smtp", email_settings=settings))
        told = desk.receipt(how="email", to="rosa@example.org")
        assert desk.receipt(how="email", to="rosa@example.org", key=f"{ID}:1")["sent"] == "yes"
    assert told["sent"] == "yes"
    assert len(box.got) == 1, "the same wish again is not sent twice"
    text, html, pdf = [part for part in box.only().walk() if not part.is_multipart()]
    assert "Total paid" in text.get_content()
    assert "Total paid" in html.get_content()
    assert pdf.get_content()[:5] == b"%PDF-"


def test_a_mail_that_may_have_gone_out_is_told_as_a_doubt(desk: Paid) -> None:
    with mail_server(Mailbox(hang_up=True)) as settings:
        desk.has(MessageSettings(email="smtp", email_settings=settings))
        told = desk.receipt(how="email", to="rosa@example.org")
    assert told["sent"] == "maybe"
    assert told["sent_text"].startswith("Perhaps sent")


def test_a_text_message_is_the_short_one(desk: Paid) -> None:
    assert desk.receipt(how="text", to="555-234-0147")["sent"] == "yes"
    (file,) = (desk.home / "outbox").iterdir()
    content = file.read_text()
    assert content.startswith("To: +15552340147\n\n")
    assert "paid on" in content
    assert "Alvarez" not in content


def test_it_is_handed_to_the_printer_without_a_name_in_the_list_of_jobs(desk: Paid, tmp_path: Path) -> None:
    desk.has(MessageSettings(), Lp(command=lp_that(tmp_path, "echo request id is front-7")))
    told = desk.receipt(how="print")
    assert (told["sent"], told["sent_text"]) == ("yes", "Handed to the printer.")
    assert (tmp_path / "asked").read_text().splitlines() == ["-t", "Receipt pay-1", "--", told["path"]]


@pytest.mark.parametrize(
    ("does", "sent", "code"),
    [("exit 1", "no", "printer_refused"), ("sleep 5", "maybe", None)],
)
def test_a_printer_that_does_not_take_it_leaves_the_saved_one(
    desk: Paid, tmp_path: Path, does: str, sent: str, code: str | None
) -> None:
    desk.has(MessageSettings(), Lp("Front", lp_that(tmp_path, does), limit_s=0.3))
    told = desk.receipt(how="print")
    assert (told["sent"], told.get("code")) == (sent, code)
    assert Path(told["path"]).read_bytes()[:5] == b"%PDF-"
    assert (tmp_path / "asked").read_text().splitlines()[:2] == ["-d", "Front"]


def test_without_a_printer_it_says_so(desk: Paid) -> None:
    assert desk.receipt(how="print")["code"] == "printer_missing"


def test_what_is_not_set_up_says_so_and_a_wrong_address_makes_no_copy(desk: Paid) -> None:
    desk.has(MessageSettings())
    for wrong, code in (
        ({"how": "fax"}, "receipt_way"),
        ({"how": "email", "to": "rosa"}, "email_unreadable"),
        ({"how": "text", "to": ""}, "phone_unreadable"),
        ({"how": "text", "to": "4111 1111 1111 1111"}, "phone_unreadable"),
        ({"key": "4111111111111111"}, "card_number_typed"),
        ({"person": "4111 1111 1111 1111"}, "card_number_typed"),
    ):
        with pytest.raises(OperatorError) as raised:
            desk.receipt(**wrong)
        assert raised.value.code == code
    told = desk.receipt(how="email", to="rosa@example.org")
    assert (told["copy"], told["code"]) == (1, "email_not_set_up")


def test_a_bank_payments_receipt_repeats_what_was_agreed_to_word_for_word(desk: Paid) -> None:
    consent = Consent(
        consent_id="c-1", kind="TEL", software="impromed", account_id="0017", text="Rosa agrees to one debit.",
        version="TEL-2026-1", how="on the telephone", given_by="Rosa", recorded_by="Kim", given_wall_ms=NOON,
    )  # fmt: skip
    desk.engine.journal.site.add_consent(consent)
    facts: dict[str, Any] = {
        "amount_minor": 10_000,
        "horizon_ms": 60_000,
        "where": "page",
        "consent_id": "c-1",
    }
    debit = event("attempt_created", "TBBANK", 1, **facts)
    sent = taken(kind="pended", reference="TBBANK", brand="First Bank", last4="6789", auth_code="")
    _, events = story(debit, *sent, entry="keyed_ach")
    desk.engine._append("pay-9", None, events)
    told = ReceiptDesk(cast("Ground", desk.ground), UTC).receipt("pay-9", {})["text"]
    words = " ".join(told.split())
    assert "Rosa agreed to it on Jan 15, 2027, on the telephone (text TEL-2026-1):" in words
    assert "Rosa agrees to one debit." in words
    assert "can still return it" in words


def test_the_text_of_an_agreement_is_made_for_this_client_and_amount(desk: Paid) -> None:
    agreeing = Agreeing(cast("Ground", desk.ground), UTC)
    object.__setattr__(desk.engine, "policy", Policy(clinic_name="Pine Street Vet"))
    body = {"kind": "TEL", "client": "Rosa Alvarez", "amount": "212.40"}
    with pytest.raises(OperatorError) as lacking:
        agreeing.agreement(body)
    desk.ground.papers = replace(desk.ground.papers, contact="(555) 234-0100")
    told = agreeing.agreement(body)
    with pytest.raises(OperatorError) as other:
        agreeing.agreement({**body, "kind": "POP"})
    with pytest.raises(OperatorError) as card:
        agreeing.agreement({**body, "client": "4111 1111 1111 1111"})
    codes = [raised.value.code for raised in (lacking, other, card)]
    assert codes == ["agreement_lacks", "agreement_kind", "card_number_typed"]
    assert (told["kind"], told["version"]) == ("TEL", "TEL-2026-1")
    assert "debit your bank account once, by an electronic debit, for $212.40, on or after" in told["text"]
    assert "call (555) 234-0100" in told["text"]


def test_a_folder_that_cannot_be_written_is_told(desk: Paid) -> None:
    (desk.home / "receipts").write_text("a file in the way")
    with pytest.raises(OperatorError) as raised:
        desk.receipt()
    assert raised.value.code == "receipt_folder"


def test_a_desk_without_papers_says_so_and_a_payment_that_is_not_there_too(
    desk: Paid, tmp_path: Path
) -> None:
    with desk_in_memory(tmp_path) as whole, pytest.raises(SetupError) as none:
        whole.ask("receipt", ID)
    with pytest.raises(OperatorError) as nothing:
        ReceiptDesk(desk.ground).receipt("pay-2", {})
    assert (none.value.code, nothing.value.code) == ("no_papers", "unknown_payment")
