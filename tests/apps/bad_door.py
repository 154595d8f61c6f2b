"""Bad requests at the agent's door."""

from __future__ import annotations

import httpx
import pytest

from tests.apps.bad_input import case
from tests.apps.counter import Counter, Shown


def _ask(
    request: pytest.FixtureRequest,
    status: int,
    content: bytes = b"{}",
    path: str = "/v1/payments",
    **headers: str | None,
) -> Shown:
    """A POST with everything right but what is given; `None` leaves a header out."""
    counter = request.getfixturevalue("counter")
    assert isinstance(counter, Counter)
    address = counter.address
    sent = {"authorization": f"Bearer {address['token']}", **headers}
    kept = {name: value for name, value in sent.items() if value is not None}
    reply = httpx.post(address["url"] + path, content=content, headers=kept, timeout=30)
    assert reply.status_code == status, reply.text
    assert "access-control-allow-origin" not in reply.headers
    error = reply.json()["error"]
    return Shown(error["text"], error["code"], 1)


@case("body-not-json")
def body_not_json(request: pytest.FixtureRequest) -> Shown:
    return _ask(request, 422, b"{amount: 5")


@case("body-not-an-object")
def body_not_an_object(request: pytest.FixtureRequest) -> Shown:
    return _ask(request, 422, b"[1, 2]")


@case("body-too-deep")
def body_too_deep(request: pytest.FixtureRequest) -> Shown:
    return _ask(request, 422, b"[" * 60_000)


@case("body-too-long")
def body_too_long(request: pytest.FixtureRequest) -> Shown:
    return _ask(request, 422, b'{"client": "' + b"a" * 70_000 + b'"}')


@case("field-not-a-text")
def field_not_a_text(request: pytest.FixtureRequest) -> Shown:
    return _ask(request, 422, b'{"payment_id": 12345678}')


@case("minutes-not-a-number")
def minutes_not_a_number(request: pytest.FixtureRequest) -> Shown:
    return _ask(request, 422, b'{"minutes": "half an hour"}', path="/v1/pause")


@case("flag-not-yes-or-no")
def flag_not_yes_or_no(request: pytest.FixtureRequest) -> Shown:
    typed = b'{"payment_id": "flag-not-yes-or-no", "typed": true, "client": "A", "amount": "5.00", '
    return _ask(request, 422, typed + b'"anyway": "yes"}')


@case("host-foreign")
def host_foreign(request: pytest.FixtureRequest) -> Shown:
    """What a web page does that points its own name at this computer."""
    return _ask(request, 421, host="evil.test")


@case("origin-foreign")
def origin_foreign(request: pytest.FixtureRequest) -> Shown:
    return _ask(request, 403, origin="https://evil.test")


@case("origin-null")
def origin_null(request: pytest.FixtureRequest) -> Shown:
    return _ask(request, 403, origin="null")


@case("token-missing")
def token_missing(request: pytest.FixtureRequest) -> Shown:
    return _ask(request, 401, authorization=None)


@case("token-wrong")
def token_wrong(request: pytest.FixtureRequest) -> Shown:
    return _ask(request, 401, authorization="Bearer wrong")


@case("address-not-there")
def address_not_there(request: pytest.FixtureRequest) -> Shown:
    return _ask(request, 404, path="/v1/charge")


@case("verb-not-there")
def verb_not_there(request: pytest.FixtureRequest) -> Shown:
    return _ask(request, 404, path="/v1/payments/some-payment/charge")
