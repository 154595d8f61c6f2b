-- What the desks of a site share, beside the events: no event says it, so it cannot be derived again.

CREATE TABLE consent (
    number          INTEGER PRIMARY KEY,
    consent_id      TEXT    NOT NULL UNIQUE,
    kind            TEXT    NOT NULL CHECK (kind IN ('PPD', 'TEL', 'WEB', 'CCD', 'card_on_file')),
    software        TEXT    NOT NULL,
    account_id      TEXT    NOT NULL,         -- the client, by the practice software's own id
    text            TEXT    NOT NULL,
    version         TEXT    NOT NULL,
    how             TEXT    NOT NULL,
    given_by        TEXT    NOT NULL,
    recorded_by     TEXT    NOT NULL,
    given_wall_ms   INTEGER NOT NULL,
    revoked_wall_ms INTEGER,
    revoked_by      TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX consent_of_client ON consent (software, account_id);

CREATE TRIGGER consent_is_never_changed BEFORE UPDATE ON consent
WHEN OLD.revoked_wall_ms IS NOT NULL OR NEW.revoked_wall_ms IS NULL
  OR (OLD.number, OLD.consent_id, OLD.kind, OLD.software, OLD.account_id, OLD.text, OLD.version, OLD.how,
      OLD.given_by, OLD.recorded_by, OLD.given_wall_ms)
  IS NOT (NEW.number, NEW.consent_id, NEW.kind, NEW.software, NEW.account_id, NEW.text, NEW.version, NEW.how,
      NEW.given_by, NEW.recorded_by, NEW.given_wall_ms)
BEGIN SELECT RAISE(ABORT, 'of a consent only its end is added, once'); END;

CREATE TRIGGER consent_is_never_removed BEFORE DELETE ON consent
BEGIN SELECT RAISE(ABORT, 'consents are never removed'); END;

CREATE TABLE stored_card (
    number          INTEGER PRIMARY KEY,
    card_id         TEXT    NOT NULL UNIQUE,
    account         TEXT    NOT NULL,         -- the gateway account that the token means something to
    token           TEXT    NOT NULL,         -- empty when it was deleted
    software        TEXT    NOT NULL,
    account_id      TEXT    NOT NULL,
    brand           TEXT    NOT NULL,
    last4           TEXT    NOT NULL,
    expiry          TEXT    NOT NULL,         -- YYYY-MM, or empty
    consent_id      TEXT    NOT NULL REFERENCES consent (consent_id),
    created_wall_ms INTEGER NOT NULL,
    replaced_by     TEXT    NOT NULL DEFAULT '',
    deleted_wall_ms INTEGER
) STRICT;

CREATE INDEX card_of_client ON stored_card (software, account_id);

CREATE TABLE settlement_cursor (
    account TEXT PRIMARY KEY,
    cursor  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE lease (
    terminal   TEXT PRIMARY KEY,              -- gateway account and terminal id
    desk       TEXT    NOT NULL,
    reference  TEXT    NOT NULL,              -- the attempt it is for, '' = free
    fence      INTEGER NOT NULL,              -- higher each time it is taken
    wall_ms    INTEGER NOT NULL,              -- taken or renewed at
    boot       TEXT    NOT NULL,
    mono_ms    INTEGER NOT NULL,
    length_ms  INTEGER NOT NULL,
    needs_idle INTEGER NOT NULL               -- 1: to be seen idle before it is armed
) STRICT, WITHOUT ROWID;

CREATE TRIGGER fence_never_falls BEFORE UPDATE ON lease
WHEN NEW.fence < OLD.fence
BEGIN SELECT RAISE(ABORT, 'a fencing number never falls'); END;
