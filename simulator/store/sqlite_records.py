"""The journal in the file of the SQLite store."""

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing

from simulator.store import Entry, Past
from simulator.store.sqlite_file import told, writing


class SqliteRecords:
    """Exchanges by ascending numbers, and what they come to in one row beside them."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    async def record(self, entries: Sequence[Entry], most: int) -> None:
        """Write exchanges down, in one transaction."""
        labels = Counter(label for entry in entries for label in entry.labels)
        run = self._database.execute
        with told(), writing(self._database):
            self._database.executemany(
                "INSERT INTO exchange (account, size, body) VALUES (?, ?, ?)",
                [(entry.account, entry.size, entry.body) for entry in entries],
            )
            self._database.executemany(
                "INSERT INTO label VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET count = count + excluded.count",
                labels.items(),
            )
            run("UPDATE journal SET bytes = bytes + ?", (sum(entry.size for entry in entries),))
            (held,) = run("SELECT bytes FROM journal").fetchone()
            if held > most:
                self._shrink(held, most - most // 16)

    async def recorded(self, after: int, limit: int) -> Past:
        run = self._database.execute
        with told():
            run("BEGIN")
            try:
                era, dropped = run("SELECT era, dropped FROM journal").fetchone()
                (first,) = run("SELECT COALESCE(MIN(number), 0) FROM exchange").fetchone()
                text = "SELECT number, body FROM exchange WHERE number > ? ORDER BY number LIMIT ?"
                entries = run(text, (after, limit)).fetchall()
            finally:
                run("ROLLBACK")
        return Past(era, first, dropped, entries)

    async def erase(self, account: str | None = None) -> int:
        """Take exchanges out, so that whoever has read them reads anew."""
        run = self._database.execute
        mine, values = ("", ()) if account is None else (" WHERE account = ?", (account,))
        with told(), writing(self._database):
            text = f"SELECT COUNT(*), COALESCE(SUM(size), 0) FROM exchange{mine}"
            gone, size = run(text, values).fetchone()
            run(f"DELETE FROM exchange{mine}", values)
            run("UPDATE journal SET era = era + 1, bytes = bytes - ?", (size,))
        return int(gone)

    async def counted(self) -> Mapping[str, int]:
        with told():
            return dict(self._database.execute("SELECT name, count FROM label"))

    def _shrink(self, held: int, wanted: int) -> None:
        """Drop the oldest, some more than needed so as not to come back soon, but not the last."""
        run = self._database.execute
        (last,) = run("SELECT MAX(number) FROM exchange").fetchone()
        gone, up_to = 0, 0
        text = "SELECT number, size FROM exchange WHERE number < ? ORDER BY number"
        with closing(run(text, (last,))) as oldest:
            for number, size in oldest:
                if held <= wanted:
                    break
                held, gone, up_to = held - size, gone + 1, number
        run("DELETE FROM exchange WHERE number <= ?", (up_to,))
        run("UPDATE journal SET bytes = ?, dropped = dropped + ?", (held, gone))
