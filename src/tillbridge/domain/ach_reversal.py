"""Reversing a bank debit that was an error. It is not a refund: it says that the debit should never have been.

Source: Nacha Operating Rules, Section 2.9 (reversing entries): only a duplicate, the wrong receiver, the wrong amount
or a wrong date; the exact amount of the original; within five banking days after its settlement. Everything else is
an improper reversal: give it back as a refund. Holidays of the banks are not known here, so that the time is told
shorter, never longer.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tillbridge.domain.errors import OperatorError
from tillbridge.domain.operation import Entry

ERRORS = frozenset({"duplicate", "wrong_receiver", "wrong_amount", "wrong_date"})
BANKING_DAYS = 5


def check_reversal(
    error: str, *, entry: Entry | None, whole: bool, settled_wall_ms: int | None, now_wall_ms: int
) -> None:
    """`whole`: exactly what was taken goes back. `settled_wall_ms`: when it was settled, None if it is not.

    Raises OperatorError `reversal_bank_only`, `reversal_error_only`, `reversal_whole_only`, `reversal_not_settled`,
    `reversal_too_late`.
    """
    if entry is not Entry.KEYED_ACH:
        raise OperatorError("reversal_bank_only")
    if error not in ERRORS:
        raise OperatorError("reversal_error_only")
    if not whole:
        raise OperatorError("reversal_whole_only")
    if settled_wall_ms is None:
        raise OperatorError("reversal_not_settled")
    if banking_days_between(settled_wall_ms, now_wall_ms) > BANKING_DAYS:
        raise OperatorError("reversal_too_late", days=BANKING_DAYS)


def banking_days_between(since_wall_ms: int, until_wall_ms: int) -> int:
    """Weekdays after the day of `since` up to the day of `until`, by UTC."""
    day, last = (datetime.fromtimestamp(ms // 1000, UTC).date() for ms in (since_wall_ms, until_wall_ms))
    days = 0
    while day < last and days <= BANKING_DAYS:
        day += timedelta(days=1)
        days += day.weekday() < 5
    return days
