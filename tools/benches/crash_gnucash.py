"""Real kills over the real GnuCash: the agent dies at random moments of a whole payment, GnuCash lives on.

GnuCash is saved like a clerk would save it (bare accessibility), and the saved file is judged; so are the card
network's books.
"""

from __future__ import annotations

import random
import time
import uuid
from collections import deque
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tillbridge.testing.desktop import Desktop
from tools.benches.crash_campaign import Campaign, Play, Round, ask, fresh_folder, go_on, told
from tools.benches.crash_judge_real import Wanted, judge_books
from tools.benches.crash_lane import Agent, Json, Network, events_of, start_network, until
from tools.benches.crash_real import stage_of
from tools.demo import parts
from tools.gnucash import launch
from tools.gnucash.judge import Book

WHOLE_S = 4.0
"""A payment without a kill is over by then: card, search, typing, save, reading back."""
CUSTOMERS = 60


@dataclass(slots=True)
class GnuCashLane:
    """A desk with GnuCash and its book. `left`: invoices that no payment has touched yet."""

    number: int
    network: Network
    gnucash: launch.GnuCash
    agent: Agent
    left: list[launch.Invoice]
    known: set[str] = field(default_factory=set)
    """Payments of the book that were judged in an earlier round."""

    def rows(self) -> list[Json]:
        """What the saved book has more than before, as plain lines. The client is the invoice's."""
        clients = {invoice.number: invoice.client for invoice in self.gnucash.invoices}
        return [
            {
                "kind": "payment",
                "client": clients.get(paid.invoice, ""),
                "invoice": paid.invoice,
                "amount_minor": paid.cents,
                "currency": "USD",
                "method": paid.account,
                "reference": paid.num,
                "by": "skin",
                "id": paid.transaction,
            }
            for paid in Book(self.gnucash.book).payments()
            if paid.transaction not in self.known
        ]


def open_gnucash(number: int, folder: Path, seed: int, stack: ExitStack) -> GnuCashLane:
    folder.mkdir(parents=True)
    desktop = stack.enter_context(Desktop.start(size=(1280, 900)))
    network = start_network(desktop.env, folder, seed, stack)
    gnucash = launch.start(desktop.env, folder / "gnucash", seed, customers=CUSTOMERS)
    stack.callback(gnucash.close)
    settings = {"transfer_account": launch.CLEARING, "receivable_account": launch.RECEIVABLE}
    home = folder / "home"
    shown = parts.RealGnuCash(gnucash, settings=settings)
    parts.write_site(home, network.told, shown, rehearse="never")
    agent = Agent(desktop.env, home)
    stack.callback(agent.close)
    agent.start()
    return GnuCashLane(number, network, gnucash, agent, list(gnucash.invoices))


def kill_once(lane: GnuCashLane, aim: str, chance: random.Random) -> Round:
    """One payment of the next invoice, with one kill, to its rest. `aim`: `any` moment, or one of the `typing`."""
    invoice = lane.left.pop(chance.randrange(len(lane.left)))
    lane.gnucash.open_invoice(invoice.number)
    lane.network.books.mark()
    until("the invoice on the screen", lambda: _shows(lane, invoice.number), 60, 0.1)
    wanted = Wanted(
        client=invoice.client,
        invoice=invoice.number,
        minor=invoice.cents,
        currency="USD",
        method=launch.CLEARING,
    )
    payment_id = str(uuid.UUID(int=chance.getrandbits(128)))
    done = Round(aim=aim, lane=lane.number, payment_id=payment_id, wanted=wanted, profile="GnuCash")
    ask(lane.agent, payment_id)
    if aim == "typing":
        until("the typing", lambda: "posting_clear" in told(lane.agent, payment_id), 60)
    time.sleep(chance.uniform(0.0, 1.2 if aim == "typing" else WHOLE_S))
    at = lane.agent.kill()
    done.fell = stage_of(events_of(lane.agent.home, payment_id), lane.network.books.new(), (), at)
    go_on(lane.agent, done, chance)
    return done


def _shows(lane: GnuCashLane, number: str) -> bool:
    return bool(lane.agent.post("/v1/invoice").get("invoice_number") == number)


def judge_round(lane: GnuCashLane, done: Round) -> None:
    lane.gnucash.save()
    rows = lane.rows()
    lane.known |= {row["id"] for row in rows}
    done.verdict = judge_books(done.wanted, lane.network.books.new(), rows)


def run_gnucash(quick: bool, seed: int, lanes: int = 2) -> list[Round]:
    """Raises Undone if the bench itself does not get through."""
    aims = deque(["typing", "any"] * (1 if quick else 12))
    campaign: Campaign[Round] = Campaign(aims, 0, fresh_folder("gnucash"), seed)
    return campaign.run(1 if quick else lanes, Play(open_gnucash, kill_once, judge_round))
