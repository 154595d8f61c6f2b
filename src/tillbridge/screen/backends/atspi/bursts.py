"""One burst: acts, then all checks in one go, then at most one commit.

What was surely not sent is `not_committed`; what was sent and acknowledged is `committed`; everything else is
`doubt`. After the commit is on the wire nothing raises.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from tillbridge.screen import backend as b
from tillbridge.screen.backends.atspi import words as w
from tillbridge.screen.backends.atspi.acts import Hands, Home, focus_call, press_call, set_text_call, taken
from tillbridge.screen.backends.atspi.bus import Bus, Call, Failed, Ref, Reply
from tillbridge.screen.backends.atspi.questions import Questions, calls_of, differences
from tillbridge.screen.backends.atspi.reading import Reader, is_read_only, usable
from tillbridge.screen.backends.atspi.table import Tables
from tillbridge.screen.backends.atspi.tops import Tops, bits, ref_of, state_of

_COMMIT_OPENS_S = 0.5
_PRESSED_S = 0.3
_QT_SHOWS_S = 0.1


class Bursts:
    """Runs bursts. A burst number is refused the second time, whatever became of the first."""

    def __init__(
        self, bus: Bus, tops: Tops, reader: Reader, tables: Tables, hands: Hands, homes: Mapping[Ref, Home]
    ) -> None:
        self._bus = bus
        self._tops = tops
        self._reader = reader
        self._questions = Questions(reader, tables)
        self._hands = hands
        self._homes = homes
        self._used: set[int] = set()

    def run(self, burst: b.Burst) -> b.BurstReport:
        if burst.number in self._used:
            return b.BurstReport("not_committed", 0, cause="repeated")
        self._used.add(burst.number)
        started = time.monotonic()
        done = 0
        try:
            questions = self._questions.of(burst.checks)
            self._ready(burst)
            batches = _batched(burst.acts)
            for batch in batches[:-1]:
                self._do(batch)
                done += len(batch)
            last = batches[-1] if batches else ()
            commit = [ref_of(burst.commit.node)] if burst.commit else []
            asked = calls_of(questions) + [state_of(ref) for ref in commit]
            replies = self._do(last, asked)
            done += len(last)
            wrong = differences(questions, replies)
            if wrong or burst.commit is None:
                return b.BurstReport("not_committed", done, wrong)
            self._can_use(commit[0], bits(replies[-1]))
            self._not_blocked(self._home(commit[0]).window)
            if burst.commit_within_s is not None and time.monotonic() - started > burst.commit_within_s:
                raise b.Refused("too_late")
        except (b.NotAnswering, b.Gone, b.Refused) as cause:
            return b.BurstReport("not_committed", done, cause=b.cause_of(cause))
        return self._commit(burst.commit, done)

    # ---- before ----------------------------------------------------------------------------------

    def _home(self, ref: Ref) -> Home:
        home = self._homes.get(ref)
        if home is None:
            raise b.Gone(f"control {ref.path} was never resolved")
        return home

    def _ready(self, burst: b.Burst) -> None:
        """Every control that will be acted on can be used now, and no window stands before it.

        The commit's own button is asked after the acts: a form may wake it only when it is filled.
        """
        acts = {ref_of(act.node): act for act in burst.acts}
        commit = [ref_of(burst.commit.node)] if burst.commit else []
        for window in dict.fromkeys(self._home(ref).window for ref in (*acts, *commit)):
            self._not_blocked(window)
        self._reader.roles([*acts, *commit])  # known now, so that nothing is asked between checks and commit
        for (ref, act), reply in zip(acts.items(), self._bus.ask([state_of(ref) for ref in acts])):
            states = bits(reply)
            self._can_use(ref, states, greyed=isinstance(act, b.Choose) and act.greyed)
            # Qt would change the text of a read-only field if it were told to.
            if isinstance(act, b.SetText) and is_read_only(states):
                raise b.Refused("read_only")

    def _not_blocked(self, window: Ref) -> None:
        if self._tops.blocked(window):
            raise b.Refused("owner_disabled")

    def _can_use(self, control: Ref, states: int, *, greyed: bool = False) -> None:
        """Menu items are pressed without being shown; everything else must be seen."""
        if not (greyed or usable(states)):
            raise b.Refused("disabled")
        (role,) = self._reader.roles([control])
        if role not in w.ROLES["menu_item"] and not w.has(states, w.SHOWING):
            raise b.Refused("hidden")

    # ---- acts ------------------------------------------------------------------------------------

    def _do(self, batch: Sequence[b.Act], questions: Sequence[Call] = ()) -> list[Reply]:
        """Do a batch; quick acts and the questions behind them go out together. Returns the answers."""
        if batch and not _is_quick(batch[0]):
            (act,) = batch
            ref = ref_of(act.node)
            if isinstance(act, b.Press):
                self._not_blocked(self._home(ref).window)
            self._hands.do(act, ref, self._home(ref))
            batch = ()
        replies = self._bus.ask([*map(_quick_call, batch), *questions])
        for act, reply in zip(batch, replies):
            if isinstance(act, b.SetText):
                taken(reply)
        return replies[len(batch) :]

    # ---- commit ----------------------------------------------------------------------------------

    def _commit(self, press: b.Press, done: int) -> b.BurstReport:
        """From here on nothing raises: the press may have been carried out whatever we hear."""
        try:
            serial = self._bus.send(press_call(ref_of(press.node)))
            reply = self._bus.reply_to(serial, _COMMIT_OPENS_S if press.opens else self._bus.limit_s)
        except b.Gone as cause:
            return b.BurstReport("doubt", done, cause=f"channel_lost: {cause}")
        if reply is True:
            self._let_go(ref_of(press.node))
            return b.BurstReport("committed", done)
        if isinstance(reply, Failed):
            return b.BurstReport("doubt", done, cause=f"gone: {reply.text}")
        return b.BurstReport("doubt", done, cause="not_answering" if reply is None else "disabled")

    def _let_go(self, button: Ref) -> None:
        """Qt shows a press for 100 ms before it acts: stay until then, so that the guard stays, too."""

        def released() -> bool:
            (reply,) = self._bus.try_ask([state_of(button)], _PRESSED_S)
            return reply is None or isinstance(reply, Failed) or not w.has(bits(reply), w.PRESSED)

        try:
            self._bus.until(released, _PRESSED_S, _QT_SHOWS_S)
        except b.Gone:  # the program ended on the press; what it did is for the look afterwards
            return


def _is_quick(act: b.Act) -> bool:
    """One call, proved by the checks that follow it."""
    return isinstance(act, b.Park) or (isinstance(act, b.SetText) and not act.leave)


def _batched(acts: Sequence[b.Act]) -> list[tuple[b.Act, ...]]:
    """Runs of quick acts together, every other act alone."""
    batches: list[tuple[b.Act, ...]] = []
    for act in acts:
        if batches and _is_quick(act) and _is_quick(batches[-1][0]):
            batches[-1] += (act,)
        else:
            batches.append((act,))
    return batches


def _quick_call(act: b.Act) -> Call:
    ref = ref_of(act.node)
    return set_text_call(ref, act.text) if isinstance(act, b.SetText) else focus_call(ref)
