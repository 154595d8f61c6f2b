"""Every message that the stand-in can throw, at every moment it can come, in every version: how does the payment end?

The exact end of each case stands in dialogs_table.py; the books judge.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence

from tillbridge.stand_ins.ledger_server.faults import DIALOGS, MOMENTS
from tools.benches.crash_campaign import Campaign, fresh_folder
from tools.benches.dialogs_play import Thrown, play_of
from tools.benches.dialogs_table import cases

PROFILES = ("v6",)
LANES = 4


def run(quick: bool, seed: int) -> dict[str, object]:
    done: list[Thrown] = []
    for profile in PROFILES:
        wanted = cases(DIALOGS, MOMENTS, quick)
        print(f"{profile}: {len(wanted)} messages", flush=True)
        aims = deque(case.key for case in wanted)
        campaign: Campaign[Thrown] = Campaign(aims, 0, fresh_folder(f"dialogs-{profile}"), seed)
        done += campaign.run(2 if quick else LANES, play_of(profile))
    return figures(done)


def figures(done: Sequence[Thrown]) -> dict[str, object]:
    """`unattended_share`: of the postings that need no person, so many ended without one."""
    struck = [one for one in done if one.struck]
    alone = [one for one in struck if one.case.end == "posted"]
    verdicts = [one.verdict for one in done if one.verdict is not None]
    unattended = sum(one.seen == "posted" for one in alone)
    return {
        "thrown": len(struck),
        "thrown_by_profile": dict(Counter(one.profile for one in struck)),
        "not_thrown": len(done) - len(struck),
        "wrong": sum(one.bad for one in done),
        "duplicate": sum(verdict.double_charge or verdict.double_posting for verdict in verdicts),
        "lost": sum(verdict.lost for verdict in verdicts),
        "stuck": sum(one.seen == "stuck" for one in done),
        "attended": sum(bool(one.pressed) for one in struck),
        "ends": dict(Counter(one.seen for one in done)),
        "unattended_share": round(unattended / len(alone), 4) if alone else 0.0,
    }
