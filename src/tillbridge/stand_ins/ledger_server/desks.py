"""Who is at which workstation, what each skin has been told to do, and who holds which client."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Desk:
    """One running skin. `orders` are numbered from 1 in the order they were given."""

    id: str
    workstation: str
    pid: int
    account: str = ""
    stale: bool = False
    """It has read the payment methods before ours was added, and reads them again only when it is restarted."""
    orders: list[dict[str, Any]] = field(default_factory=list)
    told: asyncio.Event = field(default_factory=asyncio.Event)

    def order(self, **what: Any) -> None:
        """Queue an order and wake the skin that waits for one."""
        self.orders.append({"order": len(self.orders) + 1, **what})
        self.told.set()


class Desks:
    """All desks and the locks on clients."""

    def __init__(self, workstations: tuple[str, ...]) -> None:
        self._workstations = workstations
        self.by_id: dict[str, Desk] = {}
        self._locks: dict[str, dict[str, str]] = {}

    def sign_in(self, pid: int, workstation: str) -> Desk:
        """A skin has started at a workstation: locks left there by a crash are freed."""
        name = workstation or self._workstations[0]
        self._free(name)
        desk = Desk(f"{name}-{pid}", name, pid)
        self.by_id[desk.id] = desk
        return desk

    def cache_methods(self, stale: bool) -> None:
        """Every desk that is signed in now knows the old payment methods, or the new ones again."""
        for desk in self.by_id.values():
            desk.stale = stale

    def lock(self, account: str, desk: Desk) -> None:
        """Hold a client for a desk's open payment window."""
        self._locks[account] = {"workstation": desk.workstation, "employee": "Front"}

    def lock_for(self, account: str, workstation: str, employee: str) -> None:
        """Somebody who is not one of our skins holds a client."""
        self._locks[account] = {"workstation": workstation, "employee": employee}

    def unlock(self, account: str) -> None:
        """Free a client, whoever holds it."""
        self._locks.pop(account, None)

    def release(self, account: str, desk: Desk) -> None:
        """Free a client that this desk holds."""
        if self._locks.get(account, {}).get("workstation") == desk.workstation:
            del self._locks[account]

    def locked_by_other(self, account: str, desk: Desk) -> dict[str, str] | None:
        """Who else holds the client, as facts for the message; None if nobody."""
        holder = self._locks.get(account)
        return None if holder is None or holder["workstation"] == desk.workstation else holder

    def locks(self) -> dict[str, dict[str, str]]:
        """All locks by account."""
        return dict(self._locks)

    def tell(self, account: str, **what: Any) -> None:
        """Order every desk that shows this client ("" means all desks)."""
        for desk in self.by_id.values():
            if account in ("", desk.account):
                desk.order(**what)

    def _free(self, workstation: str) -> None:
        self._locks = {a: h for a, h in self._locks.items() if h["workstation"] != workstation}
