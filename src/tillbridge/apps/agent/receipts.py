"""Receipts at a desk: made, saved as PDF, then printed, e-mailed or texted. What came of it is told, never guessed.

A receipt is saved first and sent second: whatever the printer or the mail server does, the paper is there to open.
"""

from __future__ import annotations

import os
from datetime import tzinfo
from pathlib import Path
from typing import Any

from tillbridge.apps.agent.asking import text_of
from tillbridge.apps.agent.ground import Ground, OnGround
from tillbridge.apps.agent.papers import Papers
from tillbridge.apps.agent.receipts_html import html_of
from tillbridge.apps.agent.receipts_pdf import pdf_of
from tillbridge.apps.agent.receipts_sheet import Sheet, sheet_of, short_of
from tillbridge.apps.agent.receipts_text import text_of as plain_of
from tillbridge.apps.agent.views import View
from tillbridge.domain.address import parse_email, parse_phone
from tillbridge.domain.errors import OperatorError, SetupError
from tillbridge.domain.receipt import Receipt
from tillbridge.ports.messages import (
    Attachment,
    Delivered,
    MaybeDelivered,
    Message,
    NotDelivered,
    Sent,
)
from tillbridge.strings import sentence

WAYS = ("save", "print", "email", "text")


class ReceiptDesk(OnGround):
    """`zone`: the site's time, None = this computer's."""

    def __init__(self, ground: Ground, zone: tzinfo | None = None) -> None:
        super().__init__(ground)
        self._zone = zone

    def receipt(self, payment_id: str, body: dict[str, Any]) -> View:
        """`how`: save, print, email or text; `to`: the address for the last two; `key`: the same wish again.

        Raises SetupError `no_papers`; OperatorError `receipt_way`, `email_unreadable`, `phone_unreadable`,
        `unknown_payment`, `no_receipt_yet`, `receipt_folder`.
        """
        papers = self._ground.papers
        if papers is None:
            raise SetupError("no_papers")
        how = text_of(body, "how", "save")
        if how not in WAYS:
            raise OperatorError("receipt_way", ways=", ".join(WAYS))
        address = _address(how, text_of(body, "to", ""))
        key, person = text_of(body, "key", ""), text_of(body, "person", "")
        receipt = self._runner.ask(lambda engine: engine.make_receipt(payment_id, how, key, person))
        self._ground.news.tell()
        sheet = sheet_of(receipt, self._zone)
        file = _saved(papers.folder, receipt, pdf_of(sheet))
        sent = None if how == "save" else self._sent(papers, how, address, receipt, sheet, file)
        saved = sentence("saved", {"path": str(file)}, section="receipt")
        told = {"sent": "", "sent_text": saved} if sent is None else _told(how, sent)
        return {"copy": receipt.copy, "text": plain_of(sheet), "path": str(file), "saved_text": saved, **told}

    def _sent(self, papers: Papers, how: str, to: str, receipt: Receipt, sheet: Sheet, file: Path) -> Sent:
        key = f"receipt-{receipt.number}-{receipt.copy}-{to}"
        if how == "print":
            job = sentence("job", {"number": receipt.number}, section="receipt")
            return papers.printer.print_file(file, job)
        if how == "text":
            return papers.messenger.send(
                Message(kind="text", to=to, text=short_of(receipt, self._zone), key=key)
            )
        pdf = Attachment(name=file.name, media_type="application/pdf", content=file.read_bytes())
        subject = sentence(
            "mail_subject", {"heading": sheet.heading, "clinic": sheet.title}, section="receipt"
        )
        return papers.messenger.send(
            Message(
                kind="email", to=to, subject=subject, text=plain_of(sheet), html=html_of(sheet), attachments=(pdf,),
                key=key,
            )
        )  # fmt: skip


def _saved(folder: Path, receipt: Receipt, content: bytes) -> Path:
    """Raises OperatorError `receipt_folder`."""
    file = folder / f"receipt-{receipt.number}-{receipt.copy}.pdf"
    part = file.with_suffix(".part")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        part.touch(mode=0o600)
        part.write_bytes(content)
        os.replace(part, file)  # noqa: PTH105  # whole, or not there
    except OSError as error:
        raise OperatorError("receipt_folder", path=str(folder)) from error
    return file


def _address(how: str, to: str) -> str:
    """Read before anything is made: a wrong one makes no copy."""
    match how:
        case "email":
            return parse_email(to)
        case "text":
            return parse_phone(to)
    return ""


def _told(how: str, sent: Sent) -> View:
    """`sent`: yes, no or maybe."""
    match sent:
        case Delivered():
            return {"sent": "yes", "sent_text": sentence(f"sent_{how}", section="receipt")}
        case NotDelivered(code=code):
            return {"sent": "no", "sent_text": sentence(code), "code": code}
        case MaybeDelivered():
            return {"sent": "maybe", "sent_text": sentence(f"maybe_{how}", section="receipt")}
