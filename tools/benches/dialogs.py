"""Every message that the stand-in can throw, at every moment it can come, in every version: how does the payment end?

The exact end of each case stands in dialogs_table.py; the books judge.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence

from tillbridge.stand_ins.ledger_server.faults import DIALOGS, MOMENTS
from tools.benches import results
from tools.benches.crash_campaign import Campaign, fresh_folder
from tools.benches.crash_lane import Json
from tools.benches.dialogs_play import Thrown, play_of
from tools.benches.dialogs_table import cases

PROFILES = ("v6", "v5", "v7")
LANES = 8


def run(quick: bool, seed: int) -> dict[str, object]:
    done: list[Json] = []
    for profile in PROFILES:
        done += results.part("dialogs", profile, quick=quick, seed=seed, make=_of(profile, quick, seed))
    return figures(done)


def _of(profile: str, quick: bool, seed: int) -> Callable[[], list[Json]]:
    def make() -> list[Json]:
        wanted = cases(DIALOGS, MOMENTS, PROFILES.index(profile), seed, quick)
        print(f"{profile}: {len(wanted)} messages", flush=True)
        aims = deque(case.key for case in wanted)
        campaign: Campaign[Thrown] = Campaign(aims, 0, fresh_folder(f"dialogs-{profile}"), seed)
        return [one.summary() for one in campaign.run(2 if quick else LANES, play_of(profile))]

    return make


def figures(done: Sequence[Json]) -> dict[str, object]:
    """`unattended_share`: of the postings that need no person, so many ended without one."""
    struck = [one for one in done if one["struck"]]
    alone = [one for one in struck if one["end"] == "posted"]
    unattended = sum(one["seen"] == "posted" for one in alone)
    return {
        "thrown": len(struck),
        "thrown_by_profile": dict(Counter(one["profile"] for one in struck)),
        "not_thrown": len(done) - len(struck),
        "wrong": sum(one["wrong"] for one in done),
        "duplicate": sum(one["duplicate"] for one in done),
        "lost": sum(one["lost"] for one in done),
        "stuck": sum(one["seen"] == "stuck" for one in done),
        "attended": sum(one["attended"] for one in struck),
        "ends": dict(Counter(one["seen"] for one in done)),
        "unattended_share": round(unattended / len(alone), 4) if alone else 0.0,
    }
