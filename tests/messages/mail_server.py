"""A real mail server and a real HTTP service on loopback, with the ways in which they fail."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

HERE = Path(__file__).parent
CERTIFICATE, KEY = HERE / "loopback_cert.pem", HERE / "loopback_key.pem"
PASSWORD = "open sesame"


class NamedSecrets:
    def __init__(self, **known: str) -> None:
        self.known = known

    def get(self, name: str) -> str:
        return self.known[name]


@dataclass
class Mailbox:
    """aiosmtpd's handler: keeps what was handed over. `refuse`: a recipient it does not take; `answer`: what it says
    to the message itself; `hang_up`: it goes away instead of answering, after it kept the message."""

    refuse: str = ""
    answer: str = "250 OK"
    hang_up: bool = False
    got: list[bytes] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address == self.refuse:
            return "550 5.1.1 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answer.startswith("2"):
            self.got.append(envelope.original_content)
        if self.hang_up:
            server.transport.abort()
        return self.answer

    def only(self) -> EmailMessage:
        (content,) = self.got
        return message_from_bytes(content, policy=policy.default)


def server_side_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    return context


@contextmanager
def mail_server(box: Mailbox, *, tls: bool = False, password: bool = False) -> Iterator[dict[str, str]]:
    """Settings of `smtp` for a server that runs. `tls`: it offers STARTTLS and insists on it."""

    def known(server: Any, session: Any, envelope: Any, mechanism: str, told: Any) -> AuthResult:
        right = isinstance(told, LoginPassword) and told.password == PASSWORD.encode()
        return AuthResult(success=right, handled=False)

    controller = Controller(
        box, hostname="127.0.0.1", port=free_port(), require_starttls=tls,
        tls_context=server_side_tls() if tls else None,
        authenticator=known if password else None, auth_required=password,
    )  # fmt: skip
    controller.start()
    try:
        safe = {"security": "starttls", "ca_file": str(CERTIFICATE)} if tls else {"security": "none"}
        yield {"host": "127.0.0.1", "port": str(controller.port), "sender": "desk@clinic.example", **safe}
    finally:
        controller.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def line_server(answer: Any) -> Iterator[int]:
    """A bare TCP server: `answer(connection)` for each that comes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)

        def serve() -> None:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                answer(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield int(listening.getsockname()[1])
        finally:
            listening.close()
            thread.join(5)


@dataclass
class TextService:
    """`status`: what it answers. `silent`: it takes the message and never answers."""

    status: int = 202
    silent: bool = False
    got: list[dict[str, Any]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def text_server(service: TextService) -> Iterator[dict[str, str]]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name: self.headers[name] for name in ("authorization", "idempotency-key")}
            service.got.append({**json.loads(body), **headers})
            if service.silent:
                service.over.wait(5)
                return
            told = json.dumps({"id": "sm-1"}).encode()
            self.send_response(service.status)
            self.send_header("content-length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield {"url": f"http://127.0.0.1:{server.server_port}/messages", "sender": "+15552340100"}
    finally:
        service.over.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
