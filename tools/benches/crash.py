"""The process dies at every step of a payment: in simulated worlds, for real over the stand-in, for real over GnuCash.

Every end is judged from books that the product does not write.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tools.benches.crash_campaign import Round
from tools.benches.crash_gnucash import run_gnucash
from tools.benches.crash_real import STAGES, run_real
from tools.benches.crash_worlds import Count, run_worlds


def run(quick: bool, seed: int) -> dict[str, object]:
    print("worlds: a crash at every boundary, alone, in pairs and in threes", flush=True)
    worlds = run_worlds(quick, seed)
    for failure in worlds.failures[:20]:
        print(f"  {failure}", flush=True)
    print("real kills over the stand-in", flush=True)
    real = run_real(quick, seed)
    print("real kills over GnuCash", flush=True)
    return figures(worlds, real, run_gnucash(quick, seed))


def figures(worlds: Count, real: Sequence[Round], gnucash: Sequence[Round]) -> dict[str, object]:
    """All three in one table. A round without a verdict is a wrong end."""
    rounds = [*real, *gnucash]
    verdicts = [done.verdict for done in rounds if done.verdict is not None]
    fell = Counter(done.fell for done in real)
    return {
        "worlds": worlds.worlds,
        "distinct_worlds": len(worlds.distinct),
        "real_kills": len(real),
        "kills_by_stage": {stage: fell[stage] for stage in STAGES},
        "kills_elsewhere": sum(fell.values()) - sum(fell[stage] for stage in STAGES),
        "gnucash_kills": len(gnucash),
        "killed_again": sum(done.again for done in rounds),
        "wrong_ends": worlds.wrong_ends + sum(done.verdict is None or done.verdict.wrong for done in rounds),
        "double_charges": worlds.double_charges + sum(verdict.double_charge for verdict in verdicts),
        "double_postings": worlds.double_postings + sum(verdict.double_posting for verdict in verdicts),
        "lost": worlds.lost + sum(verdict.lost for verdict in verdicts),
        "stuck": worlds.stuck + sum(done.stuck for done in rounds),
        "attention": worlds.attention,
        "attention_in_real_kills": sum(done.attention for done in rounds),
    }
