"""The bench of the journal measures what it says: the engine's own appends, on a disk, sync by sync."""

from __future__ import annotations

from pathlib import Path

import pytest

from tillbridge.journal.connect import Settings
from tillbridge.journal.memory import MemoryJournal
from tools.benches import journal as bench


def test_a_ram_disk_is_refused() -> None:
    with pytest.raises(RuntimeError, match="RAM disk"):
        bench.refuse_ram_disk("tmpfs")
    bench.refuse_ram_disk("ext4")
    bench.refuse_ram_disk("")


def test_the_measured_sale_is_finished_and_every_copy_of_it_is_another_payment() -> None:
    journal, sale = MemoryJournal(), bench.one_sale()
    for number in range(3):
        for append in bench.renamed(sale, number):
            journal.append(append)
    assert journal.check().sound
    assert list(journal.unfinished()) == []
    assert len(journal.recent()) == 3
    assert [lease.free for lease in journal.site.leases()] == [True, True, True]


def test_every_durable_append_is_one_sync_and_no_other_is(tmp_path: Path) -> None:
    sale = bench.one_sale()
    assert bench.syncs_per_payment(tmp_path, sale, 1) == pytest.approx(bench.durable(sale), abs=1)
    assert bench.durable(sale) < len(sale)


def test_the_bare_loop_writes_the_very_same_rows(tmp_path: Path) -> None:
    sale = bench.one_sale()
    with bench.rivals(tmp_path) as pair:
        appends = bench.renamed(sale, 1)
        pair.write_bare(pair.statements(appends))
        for append in appends:
            pair.journal.append(append)
        for table in ("event", "payment", "hold", "reference", "marker", "lease"):
            query = f"SELECT * FROM {table}"
            assert pair.bare.execute(query).fetchall() == pair.journal._connection.execute(query).fetchall()
        assert pair.bare.pragma("synchronous") == pair.journal._connection.pragma("synchronous") == 2
    assert Settings().synchronous == "FULL"
