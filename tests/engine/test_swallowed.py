"""What a shield kept away from everybody during a posting stands in the journal, so that a person can be told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.engine.scripted_desk import Desk
from tillbridge.domain.next_command import Post


@pytest.mark.parametrize(("pressed", "told"), [(3, [3]), (0, [])])
def test_keys_that_reached_nobody_are_journalled(
    paid: Desk, pressed: int, told: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    post = paid.practice.post
    monkeypatch.setattr(paid.practice, "post", lambda order: replace(post(order), swallowed=pressed))
    paid.step(Post)
    facts = [entry.event.facts for entry in paid.journal.since(0)]
    assert [each["swallowed"] for each in facts if "swallowed" in each] == told
