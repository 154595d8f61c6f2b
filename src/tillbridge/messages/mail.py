"""A message as an e-mail (RFC 5322), for the mail server or the outbox. It sends nothing.

The Message-ID is made from the key: the same message twice shows as one to whoever keeps it, and can be searched for.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from tillbridge.ports.messages import Message

_SEVEN_BITS = SMTP.clone(cte_type="7bit")
"""Every mail server takes it, whatever it says about eight bits."""


def as_mail(message: Message, sender: str, sender_name: str, at: datetime) -> EmailMessage:
    """`sender`: an address as domain/address.py gives it. `at`: with a time zone."""
    mail = EmailMessage(policy=_SEVEN_BITS)
    mail["From"] = Address(_one_line(sender_name), addr_spec=sender)
    mail["To"] = Address(addr_spec=message.to)
    mail["Subject"] = _one_line(message.subject)
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = message_id(message.key, sender)
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no automatic reply is wanted
    mail.set_content(message.text)
    if message.html:
        mail.add_alternative(message.html, subtype="html")
    for part in message.attachments:
        main, _, sub = part.media_type.partition("/")
        mail.add_attachment(part.content, maintype=main, subtype=sub, filename=_one_line(part.name))
    return mail


def message_id(key: str, sender: str) -> str:
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{sender.rpartition('@')[2]}>"


def _one_line(text: str) -> str:
    """A header is one line: a name from a screen must not begin a header of its own."""
    return " ".join(text.split())
