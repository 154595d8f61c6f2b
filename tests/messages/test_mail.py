"""E-mail against a real mail server: what arrived, what surely did not, and what nobody can tell."""

from __future__ import annotations

import socket
import time
from dataclasses import replace
from email.utils import parsedate_to_datetime

import pytest

from tests.messages.mail_server import CERTIFICATE, PASSWORD, Mailbox, NamedSecrets, line_server, mail_server
from tillbridge.domain.errors import SetupError
from tillbridge.messages.smtp import Smtp
from tillbridge.ports.messages import Attachment, Delivered, MaybeDelivered, Message, NotDelivered

MESSAGE = Message(
    kind="email",
    to="rosa@example.org",
    subject="Receipt – Łukasiewicz Vet 🐾",
    text="Paid $212.40.\n.\n.. and Żaneta says thank you",
    html="<p>Paid <b>$212.40</b></p>",
    attachments=(Attachment(name="receipt.pdf", media_type="application/pdf", content=b"%PDF-1.7\r\n.\r\n"),),
    key="receipt:pay-1:1",
)


def smtp(settings: dict[str, str], **secrets: str) -> Smtp:
    return Smtp(settings, NamedSecrets(**secrets))


def test_a_mail_arrives_as_it_was_written() -> None:
    box = Mailbox()
    with mail_server(box) as settings:
        sent = smtp(settings | {"sender_name": "Łukasiewicz Vet"}).send(MESSAGE)
    mail = box.only()
    assert sent == Delivered(ref=mail["Message-ID"])
    assert mail["Subject"] == MESSAGE.subject
    assert str(mail["From"]) == "Łukasiewicz Vet <desk@clinic.example>"
    assert mail["To"] == "rosa@example.org"
    assert parsedate_to_datetime(mail["Date"]).tzinfo is not None
    text, html, pdf = [part for part in mail.walk() if not part.is_multipart()]
    assert text.get_content().splitlines() == MESSAGE.text.split("\n")
    assert html.get_content().strip() == MESSAGE.html
    assert pdf.get_content() == b"%PDF-1.7\r\n.\r\n"
    assert pdf.get_filename() == "receipt.pdf"
    assert all(byte < 128 for byte in box.got[0])


def test_the_same_message_carries_the_same_number_and_another_one_another() -> None:
    box = Mailbox()
    with mail_server(box) as settings:
        first = smtp(settings).send(MESSAGE)
        second = smtp(settings).send(MESSAGE)
        other = smtp(settings).send(replace(MESSAGE, key="receipt:pay-1:2"))
    assert first == second
    assert first != other


def test_a_name_from_the_screen_begins_no_header_of_its_own() -> None:
    box = Mailbox()
    with mail_server(box) as settings:
        smtp(settings).send(replace(MESSAGE, subject="Paid\r\nBcc: all@example.org"))
    assert box.only()["Bcc"] is None
    assert box.only()["Subject"] == "Paid Bcc: all@example.org"


def test_it_goes_over_a_safe_line() -> None:
    box = Mailbox()
    with mail_server(box, tls=True, password=True) as settings:
        sent = smtp(settings | {"user": "desk"}, mail_password=PASSWORD).send(MESSAGE)
    assert isinstance(sent, Delivered)
    assert len(box.got) == 1


def test_a_server_without_a_safe_line_gets_nothing() -> None:
    box = Mailbox()
    with mail_server(box) as settings:
        safe = settings | {"security": "starttls", "ca_file": str(CERTIFICATE)}
        assert smtp(safe).send(MESSAGE) == NotDelivered(code="mail_not_secure")
    assert box.got == []


def test_a_certificate_that_nobody_vouches_for_gets_nothing() -> None:
    box = Mailbox()
    with mail_server(box, tls=True) as settings:
        del settings["ca_file"]
        assert smtp(settings).send(MESSAGE) == NotDelivered(code="mail_not_secure")
    assert box.got == []


def test_a_wrong_password_is_told_as_one() -> None:
    with mail_server(Mailbox(), tls=True, password=True) as settings:
        sent = smtp(settings | {"user": "desk"}, mail_password="wrong").send(MESSAGE)
    assert sent == NotDelivered(code="mail_login")


def test_an_address_that_the_server_does_not_know_is_told_as_one() -> None:
    box = Mailbox(refuse="rosa@example.org")
    with mail_server(box) as settings:
        assert smtp(settings).send(MESSAGE) == NotDelivered(code="mail_recipient")
    assert box.got == []


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("451 4.3.0 try again later", NotDelivered(code="mail_later", later=True)),
        ("554 5.7.1 looks like advertising", NotDelivered(code="mail_refused")),
        ("354 what?", MaybeDelivered(cause="smtp_354")),
    ],
)
def test_only_a_plain_no_to_the_message_proves_that_it_was_not_taken(answer: str, told: object) -> None:
    with mail_server(Mailbox(answer=answer)) as settings:
        assert smtp(settings).send(MESSAGE) == told


def test_a_server_that_goes_away_after_the_message_leaves_a_doubt() -> None:
    box = Mailbox(hang_up=True)
    with mail_server(box) as settings:
        sent = smtp(settings).send(MESSAGE)
    assert isinstance(sent, MaybeDelivered)
    assert len(box.got) == 1, "it was taken indeed"


def test_nobody_there_is_no_doubt() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings = {"host": "127.0.0.1", "port": str(taken.getsockname()[1]), "sender": "a@b.example"}
        sent = smtp(settings | {"security": "none"}).send(MESSAGE)
    assert sent == NotDelivered(code="mail_unreachable", later=True)


def test_a_server_that_only_drips_is_cut_off() -> None:
    def drip(connection: socket.socket) -> None:
        end = time.monotonic() + 8
        while time.monotonic() < end:
            try:
                connection.sendall(b"2")
            except OSError:
                return
            time.sleep(0.05)

    with line_server(drip) as port:
        settings = {"host": "127.0.0.1", "port": str(port), "sender": "a@b.example", "security": "none"}
        before = time.monotonic()
        sent = smtp(settings | {"timeout_ms": "400"}).send(MESSAGE)
        took = time.monotonic() - before
    assert sent == NotDelivered(code="mail_unreachable", later=True)
    assert took < 4


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"host": ""}, "host"),
        ({"port": "70000"}, "port"),
        ({"timeout_ms": "soon"}, "timeout_ms"),
        ({"security": "maybe"}, "security"),
        ({"security": "none", "host": "mail.example.org"}, "security"),
        ({"sender": "the clinic"}, "sender"),
        ({"ca_file": "/nowhere/ca.pem"}, "ca_file"),
        ({"pasword": "x"}, "pasword"),
    ],
)
def test_settings_that_cannot_be_used_are_named(wrong: dict[str, str], key: str) -> None:
    with pytest.raises(SetupError) as raised:
        smtp({"host": "mail.example.org", "sender": "a@b.example"} | wrong)
    assert (raised.value.code, raised.value.facts["key"]) == ("message_settings", key)
