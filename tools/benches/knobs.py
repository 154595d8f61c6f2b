"""Every fault knob once in every version, with a payment under it: exactly one right end, or a person is told why.

Which ends are right stands in knobs_table.py; the books judge.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence

from tillbridge.stand_ins.ledger_server.faults import KNOBS
from tools.benches import results
from tools.benches.crash_campaign import Campaign, fresh_folder
from tools.benches.crash_lane import Json
from tools.benches.knobs_play import Turned, play_of
from tools.benches.knobs_table import rows_for

PROFILES = ("v6", "v5", "v7")
LANES = 6


def run(quick: bool, seed: int) -> dict[str, object]:
    done: list[Json] = []
    for profile in PROFILES:
        done += results.part("knobs", profile, quick=quick, seed=seed, make=_of(profile, quick, seed))
    return figures(done)


def _of(profile: str, quick: bool, seed: int) -> Callable[[], list[Json]]:
    def make() -> list[Json]:
        wanted = rows_for(profile, KNOBS, quick)
        print(f"{profile}: {len(wanted)} knobs", flush=True)
        aims = deque(row.key for row in wanted)
        campaign: Campaign[Turned] = Campaign(aims, 0, fresh_folder(f"knobs-{profile}"), seed)
        return [one.summary() for one in campaign.run(2 if quick else LANES, play_of(profile))]

    return make


def figures(done: Sequence[Json]) -> dict[str, object]:
    return {
        "payments": len(done),
        "knobs": len({name for one in done for name in one["knobs"]}),
        "payments_by_profile": dict(Counter(one["profile"] for one in done)),
        "wrong": sum(one["wrong"] for one in done),
        "duplicate": sum(one["duplicate"] for one in done),
        "lost": sum(one["lost"] for one in done),
        "stuck": sum(one["seen"] == "stuck" for one in done),
        "ends": dict(Counter(one["seen"] for one in done)),
    }
