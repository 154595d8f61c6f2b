"""The one tree of errors, split by who can mend them.

    TillbridgeError          code + facts; the sentence for people is in `strings`
    |- OperatorError         the person at the desk: another amount, open the invoice, wait
    |- PackError             the screen is not as the pack describes it
    |- SetupError            keys, network, rights, settings: the partner or the practice manager
    |- JournalError          the durable record: damaged, newer, opened twice
    `- ImpossibleEvent       two facts contradict each other; journalled and shown, never raised into the loop

A decline is not an error but an outcome (domain/outcome.py).
"""

from __future__ import annotations

Fact = str | int | bool | None


class TillbridgeError(Exception):
    """`code`: lower_case word, the key of its sentence. `facts`: what the sentence needs; never a card number."""

    def __init__(self, code: str, **facts: Fact) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        facts = ", ".join(f"{key}={value!r}" for key, value in self.facts.items())
        return f"{self.code} ({facts})" if facts else self.code


class OperatorError(TillbridgeError):
    pass


class PackError(TillbridgeError):
    pass


class SetupError(TillbridgeError):
    pass


class JournalError(TillbridgeError):
    pass


class ImpossibleEvent(TillbridgeError):
    pass
