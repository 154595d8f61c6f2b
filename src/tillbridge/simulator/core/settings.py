"""What kind of network this is: its delays, its habits and its laws. Plain values, no behaviour.

`PROOF` settings (repeat that charges again, kills that do not block) copy real gateways without
idempotency keys; they exist so that a careless caller can be shown to lose money.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

DAY_MS = 86_400_000


class OnRepeat(StrEnum):
    """What a second request with a known reference gets."""

    SAME_ANSWER = "same_answer"  # idempotency keys: the first one's answer
    REFUSED = "refused"  # error `duplicate_reference`
    CHARGED_AGAIN = "charged_again"  # no keys at all: it is a new charge


@dataclass(frozen=True, slots=True)
class Settings:
    """All delays in milliseconds; limits in minor units; 0 for `batch_every_ms` means: only when asked.

    `settle_after_ms`: from the cut of a batch until it is settled (0 = at once). `return_after_ms`: from there until a
    bank that says no to a debit does so. `offline_limit`: up to here a terminal approves without its bank (0 = never).
    The processor's fee is `fee_fixed` and `fee_ppm` of a million of each sale. `notice_key` signs notices.
    """

    seed: int = 1
    clinic: str = "Pine Street Vet"
    currency: str = "USD"
    on_repeat: OnRepeat = OnRepeat.SAME_ANSWER
    kill_blocks: bool = True
    refund_before_settlement: bool = False
    allow_partial: bool = True
    magic: bool = True
    auto: bool = False
    auto_present_ms: int = 1200
    processing_ms: int = 900
    cancel_ms: int = 250
    shown_ms: int = 3500
    card_wait_ms: int = 120_000
    hidden_after_cable_ms: int = 8_000
    entry_life_ms: int = 900_000
    link_life_ms: int = 7 * DAY_MS
    batch_every_ms: int = 0
    amount_limit: int = 5_000_000
    settle_after_ms: int = 0
    return_after_ms: int = 2 * DAY_MS
    offline_limit: int = 0
    auto_tip_percent: int = 15
    fee_ppm: int = 26_000
    fee_fixed: int = 10
    notice_key: str = "simnotice_in_process"

    @property
    def idempotent(self) -> bool:
        """True when a repeated reference can never charge twice."""
        return self.on_repeat is not OnRepeat.CHARGED_AGAIN

    @property
    def horizon_ms(self) -> int:
        """After this long a request that arrived can no longer take money by the network's own rules."""
        return self.card_wait_ms + 32_000
