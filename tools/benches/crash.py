"""The process dies at every step of a payment: in simulated worlds, for real over the stand-in in each of its versions,
for real over GnuCash.

Every end is judged from books that the product does not write. Each part is kept: a bench that was cut off goes on
with the next one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from tools.benches import results
from tools.benches.crash_campaign import Round
from tools.benches.crash_gnucash import run_gnucash
from tools.benches.crash_lane import Json
from tools.benches.crash_real import KILLS, STAGES, run_real
from tools.benches.crash_worlds import run_worlds


def run(quick: bool, seed: int) -> dict[str, object]:
    def rounds(name: str, make: Callable[[], list[Round]]) -> list[Json]:
        print(f"real kills over {name}", flush=True)
        return results.part(
            "crash", name, quick=quick, seed=seed, make=lambda: [done.summary() for done in make()]
        )

    print("worlds: a crash at every boundary, alone, in pairs and in threes", flush=True)
    worlds = results.part("crash", "worlds", quick=quick, seed=seed, make=lambda: _worlds(quick, seed))
    real: list[Json] = []
    for profile in KILLS:
        real += rounds(profile, lambda profile=profile: run_real(quick, seed, profile))  # type: ignore[misc]
    return figures(worlds, real, rounds("GnuCash", lambda: run_gnucash(quick, seed)))


def _worlds(quick: bool, seed: int) -> Json:
    count = run_worlds(quick, seed)
    for failure in count.failures[:20]:
        print(f"  {failure}", flush=True)
    names = ("worlds", "wrong_ends", "double_charges", "double_postings", "lost", "stuck", "attention")
    return {name: getattr(count, name) for name in names} | {"distinct_worlds": len(count.distinct)}


def figures(worlds: Json, real: Sequence[Json], gnucash: Sequence[Json]) -> dict[str, object]:
    """All of it in one table. A round without a verdict is a wrong end."""
    rounds = [*real, *gnucash]
    fell = Counter(done["fell"] for done in real)

    def counted(name: str) -> int:
        return sum(done[name] for done in rounds)

    return {
        "worlds": worlds["worlds"],
        "distinct_worlds": worlds["distinct_worlds"],
        "real_kills": len(real),
        "kills_by_profile": {profile: sum(done["profile"] == profile for done in real) for profile in KILLS},
        "kills_by_stage": {stage: fell[stage] for stage in STAGES},
        "kills_elsewhere": sum(fell.values()) - sum(fell[stage] for stage in STAGES),
        "gnucash_kills": len(gnucash),
        "killed_again": counted("again"),
        "wrong_ends": worlds["wrong_ends"] + counted("wrong"),
        "double_charges": worlds["double_charges"] + counted("double_charge"),
        "double_postings": worlds["double_postings"] + counted("double_posting"),
        "lost": worlds["lost"] + counted("lost"),
        "stuck": worlds["stuck"] + counted("stuck"),
        "attention": worlds["attention"],
        "attention_in_real_kills": counted("unasked"),
        "asked_where_absence_cannot_be_proved": counted("answered"),
    }
