"""A backend that tells a transcript what goes through it. Adds nothing, changes nothing, keeps no private value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from tillbridge.screen import backend as b
from tillbridge.screen.locator import describe, explain

Note = Callable[..., None]

PRIVATE = "(private)"


class WatchedBackend:
    """Wraps a backend. `private`: names of targets whose values are never told."""

    def __init__(
        self, inner: b.Backend, note: Note, clock: Callable[[], float], private: frozenset[str] = frozenset()
    ) -> None:
        self.facts = inner.facts
        self.inner = inner
        self._note = note
        self._clock = clock
        self._private = private
        self._names: dict[b.Node, str] = {}

    def programs(self) -> Sequence[b.Program]:
        return self.inner.programs()

    def windows(self, program: b.Program) -> Sequence[b.Window]:
        """Titles hold clients' names: only how many windows there are is told."""
        with self._timed("looked") as facts:
            windows = self.inner.windows(program)
            facts.update(windows=len(windows), blocked=sum(not window.enabled for window in windows))
        return windows

    def ping(self, program: b.Program, timeout_s: float) -> float | None:
        took = self.inner.ping(program, timeout_s)
        if took is None:
            self._note("not answering", waited_s=timeout_s)
        return took

    def resolve(self, window: b.Handle, targets: Sequence[b.Target]) -> Sequence[b.Resolution]:
        with self._timed("looked for") as facts:
            verdicts = self.inner.resolve(window, targets)
            facts["found"] = sum(isinstance(verdict, b.Found) for verdict in verdicts)
            facts["of"] = len(targets)
        for target, verdict in zip(targets, verdicts, strict=True):
            if isinstance(verdict, b.Found):
                self._names[verdict.node] = target.name
            else:
                self._note("not found", target=describe(target), because=explain(verdict))
        return verdicts

    def read(self, nodes: Sequence[b.Node]) -> Sequence[b.Reading]:
        with self._timed("read") as facts:
            readings = self.inner.read(nodes)
            facts["values"] = {
                self._name(node): self._told(node, reading)
                for node, reading in zip(nodes, readings, strict=True)
            }
        return readings

    def rows(self, node: b.Node, captions: Sequence[str], where: tuple[str, str] | None = None) -> b.Rows:
        with self._timed("rows") as facts:
            rows = self.inner.rows(node, captions, where)
            facts.update(list=self._name(node), rows=len(rows.rows), complete=rows.complete)
        return rows

    def choices(self, node: b.Node) -> Sequence[str]:
        with self._timed("choices") as facts:
            entries = self.inner.choices(node)
            facts.update(choice=self._name(node), entries=len(entries))
        return entries

    def focused(self, window: b.Handle) -> b.Node | None:
        return self.inner.focused(window)

    def dialog(self, window: b.Handle) -> b.DialogText:
        return self.inner.dialog(window)

    def burst(self, burst: b.Burst) -> b.BurstReport:
        with self._timed("burst") as facts:
            report = self.inner.burst(burst)
            facts.update(
                number=burst.number,
                acts=[self._act(act) for act in burst.acts],
                checks=len(burst.checks),
                commit=self._name(burst.commit.node) if burst.commit else "",
                stage=report.stage,
                cause=report.cause,
            )
        for difference in report.differences:
            seen = PRIVATE if self._name(difference.check.node) in self._private else difference.seen
            self._note(
                "differs", control=difference.check.what or self._name(difference.check.node), seen=seen
            )
        return report

    def wait_change(self, timeout_s: float) -> bool:
        return self.inner.wait_change(timeout_s)

    def close(self) -> None:
        self.inner.close()

    # ---- inside ----------------------------------------------------------------------------------

    def _name(self, node: b.Node) -> str:
        return self._names.get(node, "?")

    def _told(self, node: b.Node, reading: b.Reading) -> str:
        text = PRIVATE if self._name(node) in self._private else reading.text
        marks = [
            word
            for word, holds in (
                ("disabled", not reading.enabled),
                ("hidden", not reading.shown),
                ("ticked", reading.checked),
            )
            if holds
        ]
        return " ".join([text, *(f"[{mark}]" for mark in marks)])

    def _act(self, act: b.Act) -> str:
        name = self._name(act.node)
        match act:
            case b.SetText(text=text, secret=secret):
                return f"set {name} = {PRIVATE if secret or name in self._private else text}"
            case b.Choose(text=text):
                return f"choose {name} = {text}"
            case b.Tick(on=on):
                return f"{'tick' if on else 'untick'} {name}"
            case b.SelectRow(row=row):
                return f"select row {row} of {name}"
            case b.TickRow(row=row, on=on):
                return f"{'tick' if on else 'untick'} row {row} of {name}"
            case b.Press():
                return f"press {name}"
            case b.Park():
                return f"park on {name}"

    @contextmanager
    def _timed(self, what: str) -> Iterator[dict[str, object]]:
        """Tell what happened with its time, or the error that ended it."""
        facts: dict[str, object] = {}
        started = self._clock()
        try:
            yield facts
        except (b.NotAnswering, b.Gone, b.Refused) as cause:
            facts["error"] = f"{type(cause).__name__}: {cause}"
            raise
        finally:
            facts["ms"] = round(1000 * (self._clock() - started), 1)
            self._note(what, **facts)
