"""The command line's own way to the agent."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from tillbridge.apps.cli.client import AgentClient
from tillbridge.domain.errors import OperatorError


def test_a_card_number_never_leaves_for_the_agent() -> None:
    asked: list[httpx.Request] = []

    def agent(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={})

    client = AgentClient(httpx.Client(transport=httpx.MockTransport(agent), base_url="http://127.0.0.1"))
    sends: tuple[Callable[[], object], ...] = (
        lambda: client.post("/v1/payments", {"client": "Rosa 4111 1111 1111 1111"}),
        lambda: client.post("/v1/payments", {"invoices": [{"invoice_number": "4111111111111111"}]}),
        lambda: client.get("/v1/links", client="4111-1111-1111-1111"),
        lambda: client.get("/v1/payments/4111111111111111"),
    )
    for send in sends:
        with pytest.raises(OperatorError) as refused:
            send()
        assert refused.value.code == "card_number_typed"
    assert asked == []
    client.post("/v1/payments", {"client": "Rosa"})
    assert len(asked) == 1
