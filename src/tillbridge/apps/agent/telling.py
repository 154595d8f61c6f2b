"""The story of a payment in plain sentences: what was seen, typed and read back, what each wait was for and how long.

Every event gives its short line (`text`, as it is told while it happens) and, where a person reads it afterwards, the
full one (`told`) with what belongs to it (`details`). Times are the desk's wall clock; lengths of time count too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tillbridge.apps.agent.runs import RunTold
from tillbridge.apps.agent.views import View, bank_text, reason_text, task_text
from tillbridge.domain.errors import Fact
from tillbridge.domain.event import Event, PaymentEvent
from tillbridge.domain.invoice import TYPED
from tillbridge.domain.money_leg import MoneyEvent
from tillbridge.domain.posting_leg import PostingEvent
from tillbridge.ports.journal import Stored
from tillbridge.strings import codes, sentence

QUIETLY = frozenset(
    {
        PaymentEvent.ATTEMPT_CREATED,
        MoneyEvent.ACKNOWLEDGED,
        PaymentEvent.POSTING_CREATED,
        PostingEvent.OWED,
        PostingEvent.SAFE_MOMENT,
    }
)
"""Steps that say nothing to a person afterwards: the one after them says more."""
WAITS = frozenset(
    {
        PostingEvent.BLOCKED,
        PostingEvent.FLOW_FAILED,
        PostingEvent.NOT_PROVEN,
        PostingEvent.LIMIT_PASSED,
        PostingEvent.SUSPECTED,
        MoneyEvent.NO_REPLY,
        MoneyEvent.NOT_FOUND,
        MoneyEvent.PENDED,
    }
)
"""Steps after which something is waited for; how long is worth a word."""
AT_THE_TERMINAL = frozenset({MoneyEvent.APPROVED, MoneyEvent.DECLINED, MoneyEvent.CANCELLED})
TOLD_BY_WHERE = frozenset({PaymentEvent.ATTEMPT_CREATED, MoneyEvent.SEND_STARTED, MoneyEvent.ACKNOWLEDGED})
"""Steps that have a sentence of their own for a page, a link, a kept card, a slip."""
TOLD_OF_BACK = frozenset({PaymentEvent.ATTEMPT_CREATED, MoneyEvent.SEND_STARTED, MoneyEvent.APPROVED})
"""Steps that say something else when money goes back."""
WORTH_TELLING_MS = 1_000

LookUp = Callable[[str], RunTold | None]


@dataclass(frozen=True, slots=True)
class Story:
    """The events of one payment, oldest first. `run`: finds a transcript. `now_ms`: wall time, for what goes on."""

    events: Sequence[Stored]
    run: LookUp
    now_ms: int
    name: str
    """What the site calls its practice software."""

    def steps(self) -> list[View]:
        return [self._step(at) for at in range(len(self.events))]

    def _step(self, at: int) -> View:
        stored, first = self.events[at], self.events[0]
        event, facts = stored.event, self._facts(at)
        return {
            "seq": stored.seq,
            "wall_ms": event.at.wall_ms,
            "after_ms": max(0, event.at.wall_ms - first.event.at.wall_ms),
            "kind": event.kind,
            "subject": event.subject,
            "text": sentence(event.kind, facts, section="step").strip(),
            "told": "" if _is_quiet(event) else _told(event.kind, facts),
            "details": self._details(at, facts),
            "chain": stored.chain[:12],
        }

    def _facts(self, at: int) -> dict[str, Fact]:
        """Those of the event, and what is known of the payment, of this money and of this row in the books."""
        event, created = self.events[at].event, self.events[0].event
        known: dict[str, Fact] = {"currency": created.text("currency", "USD"), "name": self.name}
        known |= {key: created.facts.get(key) for key in ("client", "invoice_number", "account_id")}
        for other in self.events[:at]:
            if other.event.subject and other.event.subject == event.subject:
                known |= {key: value for key, value in other.event.facts.items() if key in _CARRIED}
        facts = {**known, **event.facts}
        if event.kind in set(PostingEvent) | {PaymentEvent.POSTING_CREATED}:
            facts["number"] = event.subject
        facts["reason"] = reason_text(event.kind, {**event.facts, "name": self.name})
        own = _sentence_of_its_own(event, created, facts)
        if own:
            facts["reason"] = own
        if event.text("task_done"):
            facts["reason"] = "ended"
            facts["task_text"] = task_text(event.text("task_done"))
        elif event.text("task"):
            facts["task_text"] = task_text(event.text("task"))
        return facts

    # ---- what belongs to a step ----

    def _details(self, at: int, facts: Mapping[str, Fact]) -> list[str]:
        event = self.events[at].event
        found = list(self._from_the_screen(event.text("transcript"), facts))
        if event.kind == PaymentEvent.PAYMENT_CREATED and event.text("person"):
            found.append(_detail("asked_by", person=event.text("person")))
        if event.kind == MoneyEvent.CANCEL_ASKED and event.text("person"):
            found.append(_detail("cancelled_by", person=event.text("person")))
        code = event.text("change") or (event.text("code") if event.kind == MoneyEvent.RETURNED else "")
        if code:
            found.append(bank_text(code))
        if event.kind in AT_THE_TERMINAL and self._is_at_the_terminal(facts):
            ms = self._since(at, MoneyEvent.SEND_STARTED)
            found += [_detail("at_terminal", time=duration(ms))] if ms >= WORTH_TELLING_MS else []
        if event.kind in WAITS:
            found += self._until_next(at)
        return found

    def _is_at_the_terminal(self, facts: Mapping[str, Fact]) -> bool:
        gives_back = self.events[0].event.text("of")
        return not gives_back and str(facts.get("where") or "terminal") == "terminal"

    def _from_the_screen(self, transcript: str, facts: Mapping[str, Fact]) -> list[str]:
        run = self.run(transcript) if transcript else None
        lines = _of_run(run, self.name) if run is not None else []
        swallowed = facts.get("swallowed") if "swallowed" in facts and transcript else None
        count = swallowed if isinstance(swallowed, int) else run.swallowed if run else 0
        return [*lines, _detail("swallowed", count=count)] if count else lines

    def _since(self, at: int, kind: str) -> int:
        """Milliseconds since the same money's newest step of that kind; 0 without one."""
        event = self.events[at].event
        before = [stored.event for stored in self.events[:at] if stored.event.subject == event.subject]
        began = [other.at.wall_ms for other in before if other.kind == kind]
        return event.at.wall_ms - began[-1] if began else 0

    def _until_next(self, at: int) -> list[str]:
        event = self.events[at].event
        later = [s.event for s in self.events[at + 1 :] if s.event.subject == event.subject]
        ms = (later[0].at.wall_ms if later else self.now_ms) - event.at.wall_ms
        if ms < WORTH_TELLING_MS:
            return []
        return [_detail("waited" if later else "waiting_for", time=duration(ms))]


def _of_run(run: RunTold, name: str) -> list[str]:
    lines = [_detail("visited")] if run.visited else []
    if run.read_back:
        lines.append(_detail("read_back", count=run.read_back))
    lines += [_message(text, press, name) for text, press in run.messages]
    if run.started_over:
        lines.append(_detail("started_over", count=run.started_over))
    if run.shielded:
        lines.append(_detail("shielded"))
    if run.not_put_back:
        lines.append(_detail("not_put_back"))
    return lines


_CARRIED = frozenset({"where", "amount_minor", "balance_minor", "method", "terminal_id", "brand", "last4"})
"""Facts of earlier steps of the same money or row that later sentences name."""


def _sentence_of_its_own(event: Event, created: Event, facts: Mapping[str, Fact]) -> str:
    """What else than a sale of the open invoice at a terminal it is about; "" where the usual sentence fits."""
    gives_back = bool(created.text("of"))
    if event.kind == PaymentEvent.PAYMENT_CREATED:
        if gives_back:
            return "back"
        if created.text("software") == TYPED:
            return "typed"
        if created.text("operation") == "deposit":
            return "deposit"
        return "typed" if created.facts.get("balance_minor") is None else ""
    if event.kind in TOLD_OF_BACK and gives_back:
        return "back"
    where = str(facts.get("where") or "terminal")
    return where if event.kind in TOLD_BY_WHERE and where != "terminal" else ""


def _is_quiet(event: Event) -> bool:
    saved = event.kind == PostingEvent.COMMIT_RETURNED and event.text("stage") == "committed"
    return saved or event.kind in QUIETLY


def _told(kind: str, facts: Mapping[str, Fact]) -> str:
    section = "story" if kind in codes("story") else "step"
    return sentence(kind, facts, section=section).strip()


def _detail(code: str, **facts: Fact) -> str:
    return sentence(code, facts, section="story")


def _message(text: str, press: str, name: str) -> str:
    told = " ".join(text.split())
    return _detail("message" if press else "message_left", text=told, press=press, name=name)


def duration(ms: int) -> str:
    """As people say it: `4 s`, `2 min 5 s`, `1 h 3 min`."""
    seconds = max(0, ms) // 1000
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def story(events: Sequence[Stored], run: LookUp, now_ms: int, name: str) -> list[dict[str, Any]]:
    """One step for each event: when, what, and the sentences."""
    return Story(events, run, now_ms, name).steps()
