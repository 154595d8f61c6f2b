"""The bench `knobs`: no knob is left out, and an end that is not among the right ones is seen."""

from __future__ import annotations

import pytest

from tillbridge.stand_ins.ledger_server.faults import KNOBS, Faults
from tools.benches.crash_judge import Verdict
from tools.benches.knobs import PROFILES, figures
from tools.benches.knobs_play import Turned
from tools.benches.knobs_table import QUICK, ROWS, row_of, rows_for

RIGHT = Verdict(wrong=False, double_charge=False, double_posting=False, lost=False)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_knob_is_turned_in_every_version(profile: str) -> None:
    turned = {name for row in rows_for(profile, KNOBS, quick=False) for name in row.values}
    assert turned >= {name for name in KNOBS if not name.startswith("dialog_")}


def test_every_row_is_a_value_that_its_knob_takes() -> None:
    faults = Faults(1)
    for row in ROWS:
        for name, value in row.values.items():
            faults.turn(name, value)
            assert faults.shown()[name] == value


def test_a_knob_without_a_row_is_refused() -> None:
    with pytest.raises(ValueError, match="new_knob"):
        rows_for("v6", {*KNOBS, "new_knob"}, quick=False)


def test_the_quick_sample_names_rows_that_there_are() -> None:
    assert len(rows_for("v6", KNOBS, quick=True)) == len(QUICK)


@pytest.mark.parametrize(
    ("key", "seen", "bad"),
    [
        ("caps_lock=1", "posted", False),
        ("caps_lock=1", "told", False),
        ("caps_lock=1", "refused", True),
        ("two_names=1", "told", True),
        ("method_missing=1", "stuck", True),
        ("invoice_concluded=1*1", "asked", False),
    ],
)
def test_an_end_that_the_row_does_not_allow_is_bad(key: str, seen: str, bad: bool) -> None:
    done = Turned(row=row_of(key), profile="v6", lane=0, seen=seen, verdict=RIGHT)
    assert done.bad is bad


def test_a_payment_without_a_verdict_counts_as_wrong() -> None:
    done = Turned(row=row_of("caps_lock=1"), profile="v5", lane=0, seen="posted")
    told = figures([done.summary()])
    assert (told["payments"], told["knobs"], told["wrong"]) == (1, 1, 1)
