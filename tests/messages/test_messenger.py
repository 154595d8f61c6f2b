"""What holds for every way of sending: what may go out, to whom, and that a key is used once."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.messages.mail_server import NamedSecrets, TextService, text_server
from tillbridge.domain.address import parse_email, parse_phone
from tillbridge.domain.errors import OperatorError, SetupError
from tillbridge.messages import MessageSettings, Routed, open_messenger
from tillbridge.messages.kept_keys import KeptKeys
from tillbridge.ports.messages import Attachment, Delivered, MaybeDelivered, Message, NotDelivered, Sent

TEXT = Message(kind="text", to="+15552340147", text="Pay here: https://pay.example/7", key="link:7:1")
MAIL = Message(kind="email", to="rosa@example.org", subject="Link", text="Pay here", key="link:7:2")
CARD = "4111 1111 1111 1111"
BOTH = MessageSettings(email="outbox", text="outbox")


def opened(folder: Path, settings: MessageSettings = BOTH) -> Routed:
    return open_messenger(settings, NamedSecrets(text_key="k"), folder)


class Counting:
    """A way that answers as it is told, and counts."""

    def __init__(self, *answers: Sent) -> None:
        self.answers, self.sent = list(answers), 0

    def send(self, message: Message) -> Sent:
        self.sent += 1
        return self.answers.pop(0)

    def close(self) -> None:
        """Nothing is open."""


def counted(folder: Path, *answers: Sent) -> tuple[Routed, Counting]:
    way = Counting(*answers)
    return Routed({"text": way}, KeptKeys(folder / "keys")), way


def test_the_outbox_keeps_a_readable_file_for_each_message(tmp_path: Path) -> None:
    messenger = opened(tmp_path)
    sent = [messenger.send(TEXT), messenger.send(MAIL)]
    files = sorted((tmp_path / "outbox").iterdir())
    assert sorted(s.ref for s in sent if isinstance(s, Delivered)) == [file.name for file in files]
    texts = {file.suffix: file.read_bytes() for file in files}
    assert texts[".txt"] == b"To: +15552340147\n\nPay here: https://pay.example/7\n"
    assert message_from_bytes(texts[".eml"], policy=policy.default)["To"] == "rosa@example.org"
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_the_same_key_is_sent_once_also_after_a_restart(tmp_path: Path) -> None:
    service = TextService()
    with text_server(service) as settings:
        over_http = MessageSettings(text="text_http", text_settings=settings)
        assert opened(tmp_path, over_http).send(TEXT) == Delivered(ref="sm-1")
        assert opened(tmp_path, over_http).send(TEXT) == Delivered(repeated=True)
        assert opened(tmp_path, over_http).send(replace(TEXT, key="link:7:3")) == Delivered(ref="sm-1")
    assert [told["key"] for told in service.got] == ["link:7:1", "link:7:3"]


def test_what_surely_did_not_go_out_may_be_sent_again_under_its_key(tmp_path: Path) -> None:
    messenger, way = counted(tmp_path, NotDelivered(code="text_later", later=True), Delivered(ref="2"))
    assert messenger.send(TEXT) == NotDelivered(code="text_later", later=True)
    assert messenger.send(TEXT) == Delivered(ref="2")
    assert way.sent == 2


def test_what_may_have_gone_out_is_not_sent_again_under_its_key(tmp_path: Path) -> None:
    messenger, way = counted(tmp_path, MaybeDelivered(cause="http_503"))
    assert messenger.send(TEXT) == MaybeDelivered(cause="http_503")
    assert messenger.send(TEXT) == MaybeDelivered(cause="sent_before")
    assert way.sent == 1


def test_a_power_cut_between_sending_and_answer_leaves_a_doubt(tmp_path: Path) -> None:
    class PowerCut(BaseException):
        pass

    def cut() -> Sent:
        raise PowerCut

    with pytest.raises(PowerCut):
        KeptKeys(tmp_path).once(TEXT.key, cut)
    assert KeptKeys(tmp_path).once(TEXT.key, cut) == MaybeDelivered(cause="sent_before")


def test_without_a_place_for_the_key_nothing_is_sent(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file where the folder should be")
    messenger, way = counted(tmp_path, Delivered())
    assert messenger.send(TEXT) == NotDelivered(code="message_folder", later=True)
    assert way.sent == 0


def test_keys_are_forgotten_after_more_than_a_year(tmp_path: Path) -> None:
    keys = KeptKeys(tmp_path / "keys")
    for key in ("old", "new"):
        keys.once(key, Delivered)
    old = min((tmp_path / "keys").iterdir())
    long_ago = time.time() - 401 * 86_400
    os.utime(old, (long_ago, long_ago))
    assert (keys.forget_old(), keys.forget_old()) == (1, 0)
    assert KeptKeys(tmp_path / "never made").forget_old() == 0


@pytest.mark.parametrize(
    "message",
    [
        replace(TEXT, text=f"Your card {CARD}"),
        replace(MAIL, subject=CARD),
        replace(MAIL, text=f"card: {CARD}"),
        replace(MAIL, html=f"<b>{CARD}</b>"),
        replace(MAIL, to="4111111111111111@example.org"),
        replace(
            MAIL, attachments=(Attachment(name="a.txt", media_type="text/plain", content=CARD.encode()),)
        ),
        replace(
            MAIL, attachments=(Attachment(name=f"{CARD}.pdf", media_type="application/pdf", content=b""),)
        ),
    ],
)
def test_a_card_number_never_leaves_in_a_message(tmp_path: Path, message: Message) -> None:
    assert opened(tmp_path).send(message) == NotDelivered(code="message_card_number")
    assert list(tmp_path.rglob("*")) == []


def test_what_is_no_address_gets_nothing(tmp_path: Path) -> None:
    messenger = opened(tmp_path)
    assert messenger.send(replace(TEXT, to="4111111111111111")) == NotDelivered(code="phone_unreadable")
    assert messenger.send(replace(MAIL, to="rosa")) == NotDelivered(code="email_unreadable")
    assert messenger.send(replace(MAIL, to="a@b.example, c@d.example")) == NotDelivered(
        code="email_unreadable"
    )


def test_a_kind_that_is_not_set_up_says_so(tmp_path: Path) -> None:
    messenger = opened(tmp_path, MessageSettings())
    assert messenger.kinds() == frozenset()
    assert messenger.send(TEXT) == NotDelivered(code="text_not_set_up")
    assert messenger.send(MAIL) == NotDelivered(code="email_not_set_up")
    assert opened(tmp_path, BOTH).kinds() == {"email", "text"}


@pytest.mark.parametrize("settings", [MessageSettings(email="pigeon"), MessageSettings(text="smtp")])
def test_a_way_that_does_not_exist_is_refused(tmp_path: Path, settings: MessageSettings) -> None:
    with pytest.raises(SetupError) as raised:
        opened(tmp_path, settings)
    assert raised.value.code == "message_way"


def test_a_text_message_holds_text_alone_and_every_message_has_a_key() -> None:
    for wrong in (
        {"html": "<p>"},
        {"key": ""},
        {"attachments": (Attachment(name="a", media_type="b/c", content=b""),)},
    ):
        with pytest.raises(ValueError):
            replace(TEXT, **wrong)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("(555) 234-0147", "+15552340147"),
        ("1 555.234.0147", "+15552340147"),
        ("+49 30 901820", "+4930901820"),
        (" +1 555 234 0147 ", "+15552340147"),
    ],
)
def test_telephone_numbers_are_read_as_people_type_them(typed: str, read: str) -> None:
    assert parse_phone(typed) == read


@pytest.mark.parametrize(
    "typed", ["", "234-0147", "055 234 0147", "+0123456789", "call Rosa", "+1555234014712345", "٥٥٥٢٣٤٠١٤٧"]
)
def test_what_is_no_telephone_number_is_refused(typed: str) -> None:
    with pytest.raises(OperatorError) as raised:
        parse_phone(typed)
    assert raised.value.code == "phone_unreadable"
    assert not raised.value.facts


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "rosa",
        "rosa@",
        "a b@c.org",
        "rosa@c",
        "r@c.org\nBcc: x@y.org",
        ".a@b.org",
        "a..b@c.org",
        "żaneta@c.org",
    ],
)
def test_what_is_no_email_address_is_refused(typed: str) -> None:
    with pytest.raises(OperatorError):
        parse_email(typed)
    assert parse_email(" rosa.alvarez+pets@mail.example.org ") == "rosa.alvarez+pets@mail.example.org"
