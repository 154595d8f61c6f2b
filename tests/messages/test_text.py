"""Text messages against a real HTTP service on loopback."""

from __future__ import annotations

import pytest

from tests.messages.mail_server import NamedSecrets, TextService, free_port, text_server
from tillbridge.domain.errors import SetupError
from tillbridge.messages.text_http import TextHttp
from tillbridge.ports.messages import Delivered, MaybeDelivered, Message, NotDelivered

MESSAGE = Message(kind="text", to="+15552340147", text="Pine Street Vet: pay $212.40", key="link:7:1")


def text(settings: dict[str, str]) -> TextHttp:
    return TextHttp(settings, NamedSecrets(text_key="k-1"))


def test_a_text_message_is_taken_over_with_its_key() -> None:
    service = TextService()
    with text_server(service) as settings:
        assert text(settings).send(MESSAGE) == Delivered(ref="sm-1")
    assert service.got == [
        {
            "to": "+15552340147",
            "from": "+15552340100",
            "text": "Pine Street Vet: pay $212.40",
            "key": "link:7:1",
            "authorization": "Bearer k-1",
            "idempotency-key": "link:7:1",
        }
    ]


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (400, NotDelivered(code="text_refused")),
        (401, NotDelivered(code="text_key_refused")),
        (429, NotDelivered(code="text_later", later=True)),
        (409, MaybeDelivered(cause="http_409")),
        (302, MaybeDelivered(cause="http_302")),
        (503, MaybeDelivered(cause="http_503")),
    ],
)
def test_only_a_plain_refusal_proves_that_nothing_went_out(status: int, told: object) -> None:
    service = TextService(status=status)
    with text_server(service) as settings:
        assert text(settings).send(MESSAGE) == told
    assert len(service.got) == 1, "nothing is repeated by itself"


def test_a_service_that_never_answers_leaves_a_doubt() -> None:
    service = TextService(silent=True)
    with text_server(service) as settings:
        sent = text(settings | {"timeout_ms": "200"}).send(MESSAGE)
    assert sent == MaybeDelivered(cause="read_timeout")


def test_nobody_there_is_no_doubt() -> None:
    sent = text({"url": f"http://127.0.0.1:{free_port()}/"}).send(MESSAGE)
    assert sent == NotDelivered(code="text_unreachable", later=True)


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"url": "http://texts.example.org/"}, "url"),
        ({"url": "texts.example.org"}, "url"),
        ({"url": "https://[::1/"}, "url"),
        ({"url": "https://texts.example.org/", "timeout_ms": "0"}, "timeout_ms"),
        ({"url": "https://texts.example.org/", "key": "x"}, "key"),
    ],
)
def test_settings_that_cannot_be_used_are_named(settings: dict[str, str], key: str) -> None:
    with pytest.raises(SetupError) as raised:
        text(settings)
    assert (raised.value.code, raised.value.facts["key"]) == ("message_settings", key)
