"""One act on the screen outside the burst, done with patience: retried while the program blocks or is silent.

Only acts that change nothing in the practice software pass through here; the commit never does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tillbridge.domain.errors import OperatorError, PackError
from tillbridge.screen.backend import Act, Backend, Burst, BurstReport, Guard, NotAnswering, Press


class NotNow(Exception):
    """It cannot be done at this moment: something is in front, or the control is not ready."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.code = cause.partition(":")[0]


_NOT_NOW = frozenset({"owner_disabled", "disabled", "hidden", "gone", "channel_lost"})
_NEVER = {
    "no_such_choice": "choice_missing",
    "no_such_row": "row_missing",
    "no_tick": "row_without_tick",
    "value_not_taken": "value_not_taken",
    "read_only": "control_read_only",
    "unsupported": "act_unsupported",
    "repeated": "burst_repeated",
}


SHIELD_S = 1.5
"""The longest time for which a person's keys are kept away."""


class Hands:
    """Sends bursts with numbers of their own. `note` writes the transcript.

    `disturbed`: a person was seen typing into what we typed in this run; from then on the person's keys are kept
    away for the moment of each act that types.
    """

    def __init__(
        self, backend: Backend, guard: Guard, numbers: Iterator[int], note: Callable[..., None]
    ) -> None:
        self.backend = backend
        self.guard = guard
        self.numbers = numbers
        self.note = note
        self.disturbed = False
        self.pid = 0
        """The program that is typed into, once it is known."""

    def burst(self, burst: Callable[[int], Burst]) -> BurstReport:
        """Send one burst under a number that was never used."""
        return self.backend.burst(burst(next(self.numbers)))

    def do(self, acts: Sequence[Act], what: str) -> None:
        """Carry out acts that change nothing in the software.

        Raises NotNow where waiting or clearing the way may help, NotAnswering when the program was silent;
        PackError or OperatorError where neither helps.
        """
        if not acts:
            return
        mark = self.guard.watch()
        report = self._shielded(acts) if self.disturbed and _types(acts) else self._plain(acts)
        if report.acts_done == len(acts) and not report.cause:
            return
        if self.guard.disturbed(mark):
            self.disturbed = True
        if report.code == "not_answering":
            raise NotAnswering(report.cause)
        if report.code in _NOT_NOW or report.stage == "doubt":
            raise NotNow(report.cause or "channel_lost")
        code = _NEVER.get(report.code, "act_refused")
        if code == "burst_repeated":
            raise OperatorError("not_answering", why=report.cause)
        if self.disturbed:
            raise OperatorError("user_typing", control=what)
        raise PackError(code, control=what, why=report.cause)

    def _plain(self, acts: Sequence[Act]) -> BurstReport:
        return self.burst(lambda number: Burst(number, tuple(acts)))

    def _shielded(self, acts: Sequence[Act]) -> BurstReport:
        with self.guard.shield(SHIELD_S, self.pid) as shield:
            report = self._plain(acts)
        self.note("shielded", held=shield.held, swallowed=shield.swallowed)
        return report


def _types(acts: Sequence[Act]) -> bool:
    return any(not isinstance(act, Press) for act in acts)
