"""The store of one machine: a file that survives whatever ends its processes.

Every account is a log of events in one table, in the order of one sequence for all of them; its
version is the number of its last event. Each process keeps the states that it has put together and
asks with every load whether there are newer events, so that several processes may share the file.
Who writes first is decided by the database's own lock (WAL, ``BEGIN IMMEDIATE``), and nothing is
acknowledged before it is committed, so that a ``kill -9`` loses nothing that anybody was told.

Calls stay on the event loop: a load that finds nothing new takes some five microseconds, which is
less than it takes to hand it to a thread. Most of them are for two states, of an account and of the
server, so one question is for both; what a request was told of the server with it is what it goes
by if it asks next.
"""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from simulator.core.account import SERVER, State
from simulator.core.clock import Real, wall
from simulator.core.events import Event, decode, encode, is_news, new_ids
from simulator.store import Broken, Records, Taken, journal
from simulator.store.sqlite_file import opened, told, writing
from simulator.store.sqlite_records import SqliteRecords

BLOB_BYTES = 256 * 1024 * 1024
# So long a request may go by what it was told of the server.
FRESH_S = 0.25
# The first and the last event of an account, and the same of the server.
MARKS = """
SELECT mine.born, mine.version, server.born, server.version FROM (SELECT ? AS name) AS asked
    LEFT JOIN account AS mine ON mine.name = asked.name
    LEFT JOIN account AS server ON server.name = ''
"""


@dataclass(slots=True)
class Known:
    """What this process has put together of an account, since which event and up to which."""

    born: int = 0
    version: int = 0
    state: State = field(default_factory=State)


class SqliteStore:
    """The accounts in a file. BadSetting says, at the start, why the file cannot be used.

    ``held`` is closed with the store.
    """

    def __init__(self, path: Path, held: ExitStack | None = None) -> None:
        self._known: dict[str, Known] = {}
        self._held = ExitStack() if held is None else held
        self._database = opened(path)
        self._records = SqliteRecords(self._database)
        # The request that was last told of the server's state as well, and when.
        self._told: tuple[journal.Exchange, float] | None = None

    async def load(self, account: str) -> tuple[int, State]:
        if account == SERVER:
            newest = self._known[SERVER] if self._was_told() else self._read(SERVER)
            return newest.version, newest.state
        try:
            *mine, born, version = self._database.execute(MARKS, (account,)).fetchone()
        except sqlite3.Error as error:
            raise Broken(f"the store cannot be used: {error}") from error
        known, server = self._known.get(account), self._known.get(SERVER)
        if server is not None and (server.born, server.version) == (born, version):
            self._told = journal.current(), _now()
        if known is None or [known.born, known.version] != mine:
            known = self._read(account)
        return known.version, known.state

    async def append(self, account: str, version: int, events: Sequence[Event]) -> bool:
        with told():
            known = self._newest(account)
            if known.version != version:
                return False
            with self._writing():
                if self._marks(account) != (known.born, known.version):
                    return False
                self._own(account, new_ids(events))
                numbers = [self._insert(account, event) for event in events]
                born, last = known.born or numbers[0], numbers[-1]
                self._run("INSERT OR REPLACE INTO account VALUES (?, ?, ?)", account, born, last)
                if is_news(account, events):
                    self._run("INSERT OR IGNORE INTO news VALUES (?)", account)
            # Only what is committed is put into the state that everybody reads.
            for event in events:
                event.apply(known.state)
            known.born, known.version = born, last
            self._known[account] = known
        return True

    async def find(self, name: str) -> str | None:
        with told():
            row = self._run("SELECT account FROM owner WHERE name = ?", name).fetchone()
        return None if row is None else row[0]

    async def accounts(self) -> list[str]:
        with told():
            return [name for (name,) in self._run("SELECT name FROM account ORDER BY born")]

    async def news(self, mark: int) -> tuple[int, list[str]]:
        """The accounts whose last event is after one, and the number of the last of all."""
        text = "SELECT name, version FROM news CROSS JOIN account USING (name) WHERE version > ?"
        with told():
            found = dict(self._run(text, mark).fetchall())
        return max(found.values(), default=mark), list(found)

    async def rest(self, account: str, version: int) -> None:
        with told(), self._writing():
            if self._marks(account)[1] == version:
                self._run("DELETE FROM news WHERE name = ?", account)

    async def forget(self, account: str | None = None) -> None:
        tables = {"account": "name", "event": "account", "owner": "account", "news": "name"}
        with told(), self._writing():
            for table, column in tables.items():
                if account is None:
                    self._run(f"DELETE FROM {table}")
                else:
                    self._run(f"DELETE FROM {table} WHERE {column} = ?", account)
            if account is None:
                self._run("DELETE FROM blob")
        self._told = None
        if account is None:
            self._known.clear()
        else:
            self._known.pop(account, None)

    async def put_blob(self, digest: str, data: bytes) -> None:
        used = "COALESCE((SELECT MAX(used) FROM blob), 0) + 1"
        with told(), self._writing():
            self._run(
                f"INSERT INTO blob VALUES (?, ?, ?, {used})"
                f" ON CONFLICT (digest) DO UPDATE SET used = {used}",
                *(digest, data, len(data)),
            )
            held: int = self._run("SELECT SUM(size) FROM blob").fetchone()[0]
            for old, size in self._run("SELECT digest, size FROM blob ORDER BY used").fetchall():
                if held <= BLOB_BYTES or old == digest:
                    break
                self._run("DELETE FROM blob WHERE digest = ?", old)
                held -= size

    async def blob(self, digest: str) -> bytes | None:
        with told():
            row = self._run("SELECT data FROM blob WHERE digest = ?", digest).fetchone()
        return None if row is None else row[0]

    def fact(self, name: str, value: str) -> str:
        """A fact of the store as it was first stated, by this process or by one before it."""
        with told(), self._writing():
            self._run("INSERT OR IGNORE INTO fact VALUES (?, ?)", name, value)
            found = self._run("SELECT value FROM fact WHERE name = ?", name).fetchone()
        return str(found[0])

    async def claim(self, name: str, owner: str, ms: int) -> bool:
        """Hold a name for a while, by the time of this machine."""
        now = wall()
        with told(), self._writing():
            self._run("DELETE FROM lease WHERE until <= ?", now)
            taken = self._run(
                "INSERT INTO lease VALUES (?, ?, ?) ON CONFLICT (name)"
                " DO UPDATE SET until = excluded.until WHERE owner = excluded.owner",
                *(name, owner, now + ms),
            ).rowcount
        return taken == 1

    async def ping(self) -> None:
        """Write something, which needs the file, the leave to write to it, and room."""
        with told(), self._writing():
            self._run("INSERT OR REPLACE INTO fact VALUES ('ping', ?)", str(wall()))

    @property
    def real(self) -> Real:
        """Its machine has one clock."""
        return Real()

    @property
    def lasting(self) -> bool:
        """A file goes on after the process."""
        return True

    @property
    def interrupted(self) -> bool:
        """A file is away from nobody who has it open."""
        return False

    @property
    def records(self) -> Records:
        """The journal in the same file."""
        return self._records

    async def close(self) -> None:
        """Close the file; what is committed is in it already."""
        self._database.close()
        self._held.close()

    def _was_told(self) -> bool:
        """Whether the request under way was told just now that the server's state is known here."""
        request, at = self._told or (None, 0.0)
        self._told = None
        return request is journal.current() and _now() - at <= FRESH_S

    def _read(self, account: str) -> Known:
        with told():
            return self._newest(account)

    def _newest(self, account: str) -> Known:
        """What is known of an account after the events that others have added."""
        known = self._known.get(account)
        marks = self._marks(account)
        if known is None or known.born != marks[0]:
            known = Known(born=marks[0])
            if marks[0]:
                self._known[account] = known
        if known.version != marks[1]:
            rows = self._run(
                "SELECT number, body FROM event WHERE account = ? AND number > ? ORDER BY number",
                *(account, known.version),
            )
            for number, body in rows:
                decode(body).apply(known.state)
                known.version = number
        return known

    def _marks(self, account: str) -> tuple[int, int]:
        """The first and the last event of an account; zeros of one that nothing is known of."""
        row = self._run("SELECT born, version FROM account WHERE name = ?", account).fetchone()
        return (0, 0) if row is None else row

    def _insert(self, account: str, event: Event) -> int:
        text = "INSERT INTO event (account, body) VALUES (?, ?)"
        number = self._run(text, account, encode(event)).lastrowid
        assert number is not None
        return number

    def _own(self, account: str, names: Sequence[str]) -> None:
        for name in names:
            owner = self._run("SELECT account FROM owner WHERE name = ?", name).fetchone()
            if owner is not None and owner[0] != account:
                raise Taken(name)
            self._run("INSERT OR IGNORE INTO owner VALUES (?, ?)", name, account)

    def _writing(self) -> AbstractContextManager[None]:
        return writing(self._database)

    def _run(self, text: str, *values: object) -> sqlite3.Cursor:
        return self._database.execute(text, values)


def _now() -> float:
    return asyncio.get_running_loop().time()
