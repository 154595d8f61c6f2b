"""Which running program a look or a posting is about, also when the same software is open more than once.

A look at the open invoice is about the program that lies on top. A posting is about the program from which its
invoice was read, and about no other: a second one may be a training copy with the same clients in it. Where this
process did not read it, nobody can say, and a person has to close the extra one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tillbridge.domain.errors import TillbridgeError
from tillbridge.flows.fingerprint import Recognised, running, uppermost, verdict
from tillbridge.flows.pack import Pack
from tillbridge.ports.practice import InvoiceSeen, PostingOrder
from tillbridge.screen.backend import Backend

Pick = Callable[[Sequence[Recognised]], Recognised | None]


class Instances:
    """Remembers what was recognised until a program is started or ended; it may be a second one of the same kind."""

    def __init__(self, backend: Backend, packs: Sequence[Pack]) -> None:
        self.backend = backend
        self.packs = packs
        self._known: Recognised | None = None
        self._keys: frozenset[str] = frozenset()
        self._read_from: dict[tuple[str, str], str] = {}

    def only(self) -> Recognised:
        """The only one. Raises TillbridgeError, `several_instances` among them."""
        return self._one(lambda several: None)

    def in_front(self) -> Recognised:
        """The only one, or the one on top of the others. Raises TillbridgeError."""
        return self._one(uppermost)

    def of(self, order: PostingOrder) -> Recognised:
        """The only one, or the one from which the order's invoice was read. Raises TillbridgeError."""
        key = self._read_from.get((order.account_id, order.invoice_number), "")
        return self._one(lambda several: next((one for one in several if one.program.key == key), None))

    def was_read(self, known: Recognised, seen: InvoiceSeen) -> None:
        """This invoice was read from this program."""
        self._read_from[seen.account_id, seen.invoice_number] = known.program.key

    def _one(self, pick: Pick) -> Recognised:
        keys = frozenset(one.key for one in self.backend.programs())
        if self._known is not None and self._known.program.key in keys and keys == self._keys:
            return self._known
        self._keys, self._known = keys, None
        self._read_from = {invoice: key for invoice, key in self._read_from.items() if key in keys}
        seen = running(self.backend, self.packs)
        picked = pick(seen.instances())
        if picked is not None:
            return picked  # asked anew the next time: another one may lie on top then
        found = verdict(seen)
        if isinstance(found, TillbridgeError):
            raise found
        self._known = found
        return found
