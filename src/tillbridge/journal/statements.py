"""The SQL that writes to a journal, each statement once. Nothing here runs anything."""

from __future__ import annotations

from tillbridge.journal.chain import COLUMNS

EVENT = f"INSERT INTO event ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
NEW_PAYMENT = (
    "INSERT INTO payment (payment_id, first_seq, last_seq, version, operation, scope, whole_minor, currency,"
    " charged, finished) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
OLD_PAYMENT = (
    "UPDATE payment SET last_seq = ?, version = ?, operation = ?, scope = ?, whole_minor = ?, currency = ?,"
    " charged = ?, finished = ? WHERE payment_id = ?"
)
REFERENCE = "INSERT OR IGNORE INTO reference (reference, payment_id) VALUES (?, ?)"
MARKER = "INSERT OR IGNORE INTO marker (marker, payment_id) VALUES (?, ?)"
NO_HOLDS = "DELETE FROM hold WHERE payment_id = ?"
HOLD = "INSERT INTO hold (scope, payment_id, minor) VALUES (?, ?, ?)"
HELD = "SELECT coalesce(sum(minor), 0) FROM hold WHERE scope = ? AND payment_id <> ?"
"""What others hold on a scope."""
