"""E-mail over the clinic's mail server (RFC 5321), with the standard library.

Settings: `host`, `sender` (the clinic's address), `sender_name`, `port` (587; 465 for `tls`), `security` (`starttls`,
`tls`; `none` only to this computer), `user`, `ca_file` (a certificate authority of one's own), `timeout_ms` (for the
whole conversation). Secret: `mail_password`, asked for where there is a `user`.

It must not send in the clear because the server offers no encryption, and must not say "not delivered" once the last
byte may have left: the server's answer to the message itself is the only proof.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime

from tillbridge.domain.address import parse_email
from tillbridge.domain.errors import OperatorError, SetupError
from tillbridge.messages.mail import as_mail
from tillbridge.messages.way import LOOPBACK
from tillbridge.ports.messages import Delivered, MaybeDelivered, Message, NotDelivered, Sent
from tillbridge.ports.secrets import Secrets

_KNOWN = frozenset({"host", "port", "security", "user", "sender", "sender_name", "ca_file", "timeout_ms"})
_LINE_BEGINS_WITH_DOT = re.compile(rb"(?m)^\.")
"""Such a line gets another dot, or it would end the message (RFC 5321, 4.5.2)."""
_PORTS = {"starttls": 587, "tls": 465, "none": 25}


class _Refused(Exception):
    """The server said no before the message was handed over."""

    def __init__(self, told: NotDelivered) -> None:
        super().__init__(told.code)
        self.told = told


class Smtp:
    """A new connection for every message. Raises SetupError `message_settings`, `secret_missing`."""

    def __init__(self, settings: Mapping[str, str], secrets: Secrets) -> None:
        self._host, self._security = settings.get("host", ""), settings.get("security", "starttls")
        self._sender_name, self._user = settings.get("sender_name", ""), settings.get("user", "")
        self._sender = settings.get("sender", "")
        wrong = _wrong(settings)
        if wrong:
            raise SetupError("message_settings", kind="email", key=wrong)
        self._port = int(settings.get("port", _PORTS[self._security]))
        self._limit_s = int(settings.get("timeout_ms", "20000")) / 1000
        self._tls = _trusted(settings.get("ca_file", ""))
        self._password = secrets.get("mail_password") if self._user else ""

    def send(self, message: Message) -> Sent:
        mail = as_mail(message, self._sender, self._sender_name, datetime.now().astimezone())
        content = mail.as_bytes()
        try:
            with self._conversation() as server:
                self._hand_over_to(server, message.to)
                return _handed(server, content, mail["Message-ID"])
        except _Refused as refused:
            return refused.told
        except ssl.SSLError:
            return NotDelivered(code="mail_not_secure")
        except (OSError, smtplib.SMTPException):  # before the message itself: nothing was handed over
            return NotDelivered(code="mail_unreachable", later=True)

    def close(self) -> None:
        """Nothing is held open."""

    @contextmanager
    def _conversation(self) -> Iterator[smtplib.SMTP]:
        """Ends after the time limit whatever the server does: one that drips a byte a second is cut off."""
        server = self._caller()
        over = threading.Event()
        threading.Thread(target=_cut_when_late, args=(server, over, self._limit_s), daemon=True).start()
        try:
            server.connect(self._host, self._port)
            yield server
        finally:
            over.set()
            server.close()

    def _caller(self) -> smtplib.SMTP:
        """Not connected yet: its constructor would wait for the server's greeting before anybody can cut it off."""
        tls = smtplib.SMTP_SSL(timeout=self._limit_s, context=self._tls) if self._security == "tls" else None
        server = tls or smtplib.SMTP(timeout=self._limit_s)
        # Whose certificate is asked for: otherwise only the constructor sets it.
        server._host = self._host  # type: ignore[attr-defined]
        return server

    def _hand_over_to(self, server: smtplib.SMTP, to: str) -> None:
        """Everything up to the server's word that it will take the message now. Raises _Refused."""
        server.ehlo_or_helo_if_needed()
        if self._security == "starttls":
            self._secure(server)
        if self._user:
            self._log_in(server)
        _asked(lambda: server.mail(self._sender), "mail_refused")
        _asked(lambda: server.rcpt(to), "mail_recipient")
        _asked(lambda: server.docmd("DATA"), "mail_refused", expected=3)

    def _secure(self, server: smtplib.SMTP) -> None:
        try:
            server.starttls(context=self._tls)
        except (smtplib.SMTPNotSupportedError, smtplib.SMTPResponseException, ssl.SSLError) as error:
            raise _Refused(NotDelivered(code="mail_not_secure")) from error
        server.ehlo()

    def _log_in(self, server: smtplib.SMTP) -> None:
        try:
            server.login(self._user, self._password)
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError) as error:
            raise _Refused(NotDelivered(code="mail_login")) from error


def _asked(ask: Callable[[], tuple[int, bytes]], code: str, expected: int = 2) -> None:
    """Raises _Refused. 4xx is for now (RFC 5321, 4.2.1), 5xx for good."""
    status, _ = ask()
    if status // 100 == 4:
        raise _Refused(NotDelivered(code="mail_later", later=True))
    if status // 100 != expected:
        raise _Refused(NotDelivered(code=code))


def _handed(server: smtplib.SMTP, content: bytes, name: str) -> Sent:
    """The message itself. From the first byte on only the server's own answer proves anything."""
    try:
        server.send(_LINE_BEGINS_WITH_DOT.sub(b"..", content) + b"\r\n.\r\n")
        status, _ = server.getreply()
    except Exception as error:  # noqa: BLE001  # whatever broke: it may have been taken
        return MaybeDelivered(cause=f"connection_lost:{type(error).__name__}")
    if status // 100 == 2:
        return Delivered(ref=name)
    if status // 100 == 4:
        return NotDelivered(code="mail_later", later=True)
    return NotDelivered(code="mail_refused") if status // 100 == 5 else MaybeDelivered(cause=f"smtp_{status}")


def _cut_when_late(server: smtplib.SMTP, over: threading.Event, limit_s: float) -> None:
    """Again and again: the first time there may be no line yet."""
    while not over.wait(limit_s):
        line = server.sock
        with suppress(OSError):
            if line is not None:
                line.shutdown(socket.SHUT_RDWR)


def _wrong(settings: Mapping[str, str]) -> str:
    """The first key that cannot be used, or nothing."""
    security, host = settings.get("security", "starttls"), settings.get("host", "")
    for key in ("port", "timeout_ms"):
        number = settings.get(key, "1")
        if not number.isdecimal() or not 0 < int(number) <= 65_535:
            return key
    if not host:
        return "host"
    if security not in _PORTS or (security == "none" and host not in LOOPBACK):
        return "security"
    try:
        parse_email(settings.get("sender", ""))
    except OperatorError:
        return "sender"
    return ", ".join(sorted(set(settings) - _KNOWN))


def _trusted(ca_file: str) -> ssl.SSLContext:
    """Raises SetupError `message_settings` for a file that is no certificate."""
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ssl.SSLError) as error:
        raise SetupError("message_settings", kind="email", key="ca_file") from error
