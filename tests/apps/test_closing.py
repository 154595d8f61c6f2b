"""The end of a day as a desk tells it: sums, a sentence for each thing that is named, and a quiet screen meanwhile."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast, get_args

import pytest

from tests.engine.clinic import Clinic
from tests.engine.test_closing import Told
from tillbridge.apps.agent.closing import ClosingDesk
from tillbridge.apps.agent.ground import Ground, News
from tillbridge.apps.agent.pausing import Pause
from tillbridge.apps.agent.runner import Runner
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.event import Event
from tillbridge.engine import closing
from tillbridge.engine.cashier import Engine
from tillbridge.engine.policy import HOUR

TABLE = tomllib.loads(files("tillbridge.strings").joinpath("en.toml").read_text("utf-8"))["closing"]


class Direct:
    """A runner of one thread."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def ask(self, act: Callable[[Engine], Any]) -> Any:
        return act(self.engine)


@pytest.fixture
def clinic() -> Clinic:
    """Some days after its world began."""
    found = Clinic()
    found.clock.now_ms = 10 * 24 * HOUR
    return found


def asked(clinic: Clinic, home: Path, **body: Any) -> dict[str, Any]:
    runner = Direct(clinic.engine)
    pause = Pause(cast("Runner", runner), home)
    ground = SimpleNamespace(runner=runner, news=News(), pause=pause, name="ImproMed")
    return ClosingDesk(cast("Ground", ground)).ready_to_close(body)


def sums(line: dict[str, Any]) -> list[str]:
    return [line["brand"], *(line[column]["text"] for column in ("taken", "apart", "in_books", "difference"))]


def test_a_day_that_agrees_says_so_with_its_sum(clinic: Clinic, tmp_path: Path) -> None:
    clinic.pay("p1", 21_240)
    clinic.pay("p2", 9_620, number="10483")
    clinic.books.open_invoice = "10483"
    clinic.lets_pass(HOUR)
    told = asked(clinic, tmp_path)
    assert (told["ready"], told["agrees"], told["headline"]) == (True, True, "Cards agree: $308.60")
    assert [sums(line) for line in told["lines"]] == [["Other", "$308.60", "$0.00", "$308.60", "$0.00"]]
    assert sums(told["total"])[1:] == ["$308.60", "$0.00", "$308.60", "$0.00"]
    assert told["paused"] is None


def test_what_does_not_agree_is_named_with_its_sentence(clinic: Clinic, tmp_path: Path) -> None:
    clinic.books.busy_until_ms = clinic.clock.now_ms + 10 * HOUR
    clinic.pay("p1", 9_620)
    clinic.lets_pass(HOUR)
    told = asked(clinic, tmp_path)
    assert (told["ready"], told["headline"]) == (False, "$96.20 does not agree")
    (item,) = told["differences"]
    assert (item["payment_id"], item["client"], item["amount"]["text"]) == ("p1", "Alvarez, Rosa", "$96.20")
    assert item["text"] == "Not in ImproMed yet. Somebody is typing. We wait for a quiet moment."
    assert [one["payment_id"] for one in told["open"]] == ["p1"]


def test_two_differences_that_cancel_out_are_still_told(clinic: Clinic, tmp_path: Path) -> None:
    clinic.books.busy_until_ms = clinic.clock.now_ms + 10 * HOUR
    clinic.pay("p1", 9_620)
    now = clinic.clock.now()
    yesterday = clinic.engine.policy.business_day(now.wall_ms) - 1
    taken = Told("b", 9_620).taken(business_day=yesterday).events
    payment = clinic.engine._append("b", None, [replace(event, at=now) for event in taken])
    entered = [
        Event(kind=kind, at=now, subject=payment.postings[0].marker)
        for kind in ("posting_safe_moment", "posting_found")
    ]
    clinic.engine._append("b", payment, entered)
    told = asked(clinic, tmp_path)
    assert told["headline"] == "The sums agree, but 2 payments do not"
    assert told["total"]["difference"]["minor"] == 0
    texts = {item["payment_id"]: item["text"] for item in told["differences"]}
    assert texts["b"] == "It was taken on another day (days between: 1) and entered on this one."


def test_while_the_day_is_closed_nothing_is_entered_in_the_background(clinic: Clinic, tmp_path: Path) -> None:
    clinic.pay("p1", 9_620)
    told = asked(clinic, tmp_path, hold=True)
    assert told["paused"] is not None
    clinic.lets_pass(HOUR // 3)
    assert clinic.books.rows == []
    clinic.lets_pass(HOUR)
    assert [row.amount.minor for row in clinic.books.rows] == [9_620]


def test_an_earlier_day_can_be_looked_at(clinic: Clinic, tmp_path: Path) -> None:
    clinic.pay("p1", 9_620)
    clinic.lets_pass(26 * HOUR)
    assert asked(clinic, tmp_path)["lines"] == []
    assert asked(clinic, tmp_path, days_ago=1)["headline"] == "Cards agree: $96.20"


@pytest.mark.parametrize("days", [-1, 401, "1", True])
def test_a_day_that_is_none_is_refused(clinic: Clinic, tmp_path: Path, days: object) -> None:
    with pytest.raises(OperatorError) as raised:
        asked(clinic, tmp_path, days_ago=days)
    assert raised.value.code == "field_wrong"


def test_every_reason_has_its_sentence_and_every_sentence_its_use() -> None:
    root = Path(__file__).resolve().parents[2] / "src" / "tillbridge" / "apps"
    source = "".join((root / name / "closing.py").read_text("utf-8") for name in ("agent", "cli"))
    words = set(re.findall(r'"([a-z_]+)"', source))
    reasons = {f"reason_{reason}" for reason in get_args(closing.Reason)}
    made = {f"{start}_{word}" for start in ("column", "section") for word in words}
    assert reasons <= set(TABLE)
    assert set(TABLE) - words - made - reasons == {"reason_waits_for"}
