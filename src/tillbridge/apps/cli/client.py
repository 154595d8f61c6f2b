"""Talking to the agent: the running one, else one in this process under the same lock."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from tillbridge.domain.errors import OperatorError, SetupError
from tillbridge.domain.pan import refuse_card_numbers
from tillbridge.wiring import Site

LONG_S = 60.0


@dataclass(frozen=True, slots=True)
class AgentClient:
    """One agent. Every method raises OperatorError or SetupError with the agent's own code and facts."""

    http: httpx.Client

    def get(self, path: str, **params: str | int) -> dict[str, Any]:
        return self._ask("GET", path, params=params)

    def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return self._ask("POST", path, json=body or {})

    def _ask(self, method: str, path: str, **content: Any) -> dict[str, Any]:
        """A card number is refused here already (rule 14): it must not even come into the agent's memory."""
        refuse_card_numbers(path, content)
        try:
            reply = self.http.request(method, path, **content)
            body: dict[str, Any] = reply.json()
        except (httpx.HTTPError, ValueError) as error:
            raise SetupError("agent_gone", cause=type(error).__name__) from error
        if reply.is_success:
            return body
        told = body["error"]
        kind = SetupError if reply.status_code == 503 else OperatorError
        raise kind(told["code"], **told["facts"])


def _client(url: str, token: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=url, headers=headers, timeout=LONG_S, trust_env=False)


@contextlib.contextmanager
def running_agent(site: Site) -> Iterator[AgentClient | None]:
    """The agent that `agent.json` names, if it answers; else None."""
    try:
        told = json.loads(site.address.read_text("utf-8"))
    except (OSError, ValueError):
        yield None
        return
    with _client(told["url"], told["token"]) as http:
        try:
            http.get("/v1/health").raise_for_status()
        except httpx.HTTPError:
            yield None
            return
        yield AgentClient(http)


@contextlib.contextmanager
def any_agent(site: Site) -> Iterator[AgentClient]:
    """The running agent, else one in this process. Raises TillbridgeError if none can be had."""
    with running_agent(site) as client:
        if client is not None:
            yield client
            return
    from tillbridge.apps.agent.process import in_process  # imported late: a client needs no server

    with in_process(site) as agent, _client(agent.url, agent.token) as http:
        yield AgentClient(http)
