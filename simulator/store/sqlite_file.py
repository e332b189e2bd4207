"""The file of the SQLite store: its tables, their versions, and how it is opened and written to."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from simulator.core.config import BadSetting
from simulator.store import Broken

# "SdSm", by which the file is known to be one of ours (PRAGMA application_id).
APPLICATION = 0x5364536D
# How long a process waits for another to finish writing.
BUSY_S = 10.0
ACCOUNTS = """
CREATE TABLE account (name TEXT PRIMARY KEY, born INTEGER NOT NULL, version INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE TABLE event (number INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL,
    body BLOB NOT NULL);
CREATE INDEX event_of_account ON event (account, number);
CREATE TABLE owner (name TEXT PRIMARY KEY, account TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX owner_account ON owner (account);
CREATE TABLE blob (digest TEXT PRIMARY KEY, data BLOB NOT NULL, size INTEGER NOT NULL,
    used INTEGER NOT NULL);
CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID
"""
JOURNAL = """
CREATE TABLE exchange (number INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL,
    size INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE journal (era INTEGER NOT NULL, bytes INTEGER NOT NULL, dropped INTEGER NOT NULL);
INSERT INTO journal VALUES (1, 0, 0);
CREATE TABLE label (name TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE lease (name TEXT PRIMARY KEY, owner TEXT NOT NULL, until INTEGER NOT NULL)
    WITHOUT ROWID
"""
# Of accounts that there were before it is not known whether they are of news.
NEWS = """
CREATE TABLE news (name TEXT PRIMARY KEY) WITHOUT ROWID;
INSERT INTO news SELECT name FROM account
"""
# What each version of the tables has added; a file of an older one is given the rest.
VERSIONS = (ACCOUNTS, JOURNAL, NEWS)
SCHEMA = len(VERSIONS)


@contextmanager
def told() -> Iterator[None]:
    """Whatever the database complains of is a Broken."""
    try:
        yield
    except sqlite3.Error as error:
        raise Broken(f"the store cannot be used: {error}") from error


@contextmanager
def writing(database: sqlite3.Connection) -> Iterator[None]:
    """All that is written within is there in the end, or nothing of it."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:  # which a full disk may have ended already
            database.execute("ROLLBACK")
        raise


def opened(path: Path) -> sqlite3.Connection:
    """The database in a file, which is made where there is none."""
    database = None
    try:
        _make(path)
        if path.is_dir():  # of which SQLite says no more than that it cannot be opened
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        database = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
        database.execute("PRAGMA journal_mode = WAL")
        # In WAL this outlives every process; only a machine that stops may take the last of it.
        database.execute("PRAGMA synchronous = NORMAL")
        with writing(database):
            _prepare(database, path)
    except (sqlite3.Error, OSError, BadSetting) as error:
        if database is not None:
            database.close()
        if isinstance(error, BadSetting):
            raise
        why = error.strerror if isinstance(error, OSError) else error
        raise BadSetting(f"--store: {path} cannot be used: {why}") from None
    return database


def _make(path: Path) -> None:
    """Make the file where there is none, for its owner's eyes: accounts are known by their keys."""
    with suppress(FileExistsError, IsADirectoryError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _prepare(database: sqlite3.Connection, path: Path) -> None:
    """Make the tables that a file lacks; refuse one that is not ours, or of a later version."""
    (application,) = database.execute("PRAGMA application_id").fetchone()
    (schema,) = database.execute("PRAGMA user_version").fetchone()
    (tables,) = database.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()
    if application == APPLICATION:
        if schema > SCHEMA:
            text = f"--store: {path} was written by a later version (schema {schema}, not {SCHEMA})"
            raise BadSetting(text)
    elif tables:
        raise BadSetting(f"--store: {path} is a database of something else")
    for version in VERSIONS[schema:]:
        for statement in version.split(";"):
            database.execute(statement)
    database.execute(f"PRAGMA application_id = {APPLICATION}")
    database.execute(f"PRAGMA user_version = {SCHEMA}")
