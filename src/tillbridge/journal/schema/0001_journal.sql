-- The first shape of a journal. Events are truth and only ever added; every other table is derived from them
-- in the same transaction and can be compared with them at any time (check).

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
    seq        INTEGER PRIMARY KEY,           -- 1, 2, 3 ... without gaps
    payment_id TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    subject    TEXT    NOT NULL,              -- the attempt's reference, the posting's marker, or ''
    wall_ms    INTEGER NOT NULL,              -- the event's moment: UTC, for people
    boot       TEXT    NOT NULL,              -- ... and boot id with monotonic time, for decisions
    mono_ms    INTEGER NOT NULL,
    facts      TEXT    NOT NULL,              -- canonical JSON
    chain      TEXT    NOT NULL               -- sha256(chain of seq - 1, this row), hex
) STRICT;

CREATE INDEX event_of_payment ON event (payment_id, seq);

CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;

CREATE TRIGGER event_is_never_removed BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'events are never removed'); END;

CREATE TABLE payment (
    payment_id  TEXT    PRIMARY KEY,
    first_seq   INTEGER NOT NULL,
    last_seq    INTEGER NOT NULL,
    version     INTEGER NOT NULL,             -- number of its events
    operation   TEXT    NOT NULL,
    scope       TEXT    NOT NULL,             -- the debt it belongs to
    whole_minor INTEGER NOT NULL,             -- asked for, in minor units of:
    currency    TEXT    NOT NULL,
    charged     TEXT    NOT NULL,             -- yes, no, finding_out
    finished    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX payment_by_age ON payment (first_seq);
CREATE INDEX payment_unfinished ON payment (first_seq) WHERE finished = 0;

CREATE TABLE hold (
    scope      TEXT    NOT NULL,
    payment_id TEXT    NOT NULL REFERENCES payment (payment_id),
    minor      INTEGER NOT NULL,
    PRIMARY KEY (scope, payment_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE reference (
    reference  TEXT PRIMARY KEY,
    payment_id TEXT NOT NULL REFERENCES payment (payment_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE marker (
    marker     TEXT PRIMARY KEY,
    payment_id TEXT NOT NULL REFERENCES payment (payment_id)
) STRICT, WITHOUT ROWID;
