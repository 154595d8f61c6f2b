"""The skin's line to the ledger server: one blocking JSON call at a time, and a thread that waits for orders.

It holds no rules. A lost line is a `LineLost`, which the conversation turns into the program's own message.
"""

from __future__ import annotations

import http.client
import json
import os
import threading
from typing import Any
from urllib.parse import urlsplit

from PySide6.QtCore import QObject, Signal

ANSWER_S = 60.0
NOT_SIGNED_IN = 401
Words = dict[str, Any]


class LineLost(Exception):
    """The server did not answer, or does not know this skin any more."""


class NotSignedIn(LineLost):
    """The server was restarted and does not know this skin."""


class Link(QObject):
    """Talks to the server at `url` as the skin of one workstation."""

    ordered = Signal(dict)

    def __init__(self, url: str, workstation: str) -> None:
        super().__init__()
        address = urlsplit(url)
        self._host, self._port = address.hostname or "127.0.0.1", address.port or 80
        self._workstation = workstation
        self.me: Words = {}

    def hello(self) -> Words:
        """Sign in; answers the client and invoice with which the scene begins. Raises LineLost."""
        words = {"pid": os.getpid(), "workstation": self._workstation}
        self.me = self._call("/skin/hello", words)
        return self.me

    def ask(self, path: str, **words: Any) -> Words:
        """One request in this skin's name, sent again only when the server did not know us. Raises LineLost."""
        try:
            return self._call(path, {"skin": self.me["skin"], **words})
        except NotSignedIn:
            self.hello()
            return self._call(path, {"skin": self.me["skin"], **words})

    def listen(self) -> None:
        """Start the thread that turns orders into the signal `ordered`."""
        threading.Thread(target=self._wait_for_orders, name="orders", daemon=True).start()

    def _wait_for_orders(self) -> None:
        skin, after = "", 0
        pause = threading.Event()
        while True:
            if skin != self.me["skin"]:
                skin, after = self.me["skin"], 0
            try:
                orders = self._call("/skin/orders", {"skin": skin, "after": after})["orders"]
            except LineLost:
                pause.wait(1.0)
                continue
            for order in orders:
                after = order["order"]
                self.ordered.emit(order)

    def _call(self, path: str, words: Words) -> Words:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=ANSWER_S)
        try:
            connection.request("POST", path, json.dumps(words), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            data: Words = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise LineLost(f"{path}: {error}") from error
        finally:
            connection.close()
        if answer.status == NOT_SIGNED_IN:
            raise NotSignedIn(path)
        if answer.status != 200:
            raise LineLost(f"{path}: {data.get('error', answer.status)}")
        return data
