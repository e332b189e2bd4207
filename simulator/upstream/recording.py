"""A recording of what an upstream said: one JSON line an exchange, without keys and signatures.

The lines are those of a transcript of the conformance suite, version 1: a ``meta`` line, then
``exchange`` lines and facts. A line is whole or,
after a crash, the last one and cut off; it is taken away before others follow. Files lie beside
the recording under their SHA-256.
"""

import json
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from aiohttp import web

from simulator.core.config import BadSetting
from simulator.engine import Engine
from simulator.engine.call import Call
from simulator.engine.dialect import Dialect
from simulator.engine.resolved import ResolvedCall
from simulator.http.logs import tell
from simulator.store import journal
from simulator.store.redaction import clean, headers
from simulator.upstream.lines import MOST_TEXT, VERSION, mended, shown
from simulator.upstream.passed import Passed
from simulator.upstream.passing import Got, Silent
from simulator.upstream.relay import Heard
from simulator.upstream.streaming import File

# Files that are longer are known by their digest alone.
MOST_FILE = 512 * 1024 * 1024


@dataclass(slots=True)
class Recorder:
    """Appends to a recording; what cannot be written is told of once, and the server goes on."""

    path: Path
    dialect: Dialect
    base: str
    engine: Engine
    facts_only: bool = False
    number: int = 0
    probes: dict[str, str] = field(default_factory=dict)
    _file: IO[str] | None = None

    @classmethod
    def opened(
        cls, path: str, dialect: Dialect, base: str, engine: Engine, facts_only: bool
    ) -> "Recorder":
        """Begin a recording or go on with one; BadSetting where it is none of this endpoint."""
        made = cls(Path(path), dialect, base, engine, facts_only)
        try:
            made._begin()
        except OSError as error:
            raise BadSetting(f"--record: cannot write {path}: {error.strerror}") from None
        return made

    def _begin(self) -> None:
        lines = [] if not self.path.exists() else mended(self.path)
        for line in lines:
            if line["kind"] == "exchange":
                self.number = max(self.number, int(line.get("number", 0)))
                self._remember(line)
        if lines and (lines[0].get("dialect"), lines[0].get("base_url")) != (
            self.dialect.name,
            self.base,
        ):
            other = str(lines[0].get("base_url"))[:200]
            raise BadSetting(f"--record: {self.path} is a recording of {other}, not of {self.base}")
        self._file = self.path.open("a", encoding="utf-8")
        if not lines:
            self._write(_meta(self.dialect.name, self.base))

    def _remember(self, line: Mapping[str, Any]) -> None:
        task = self.dialect.reader.created_id(line.get("json"))
        if line.get("call") == "create" and task:
            self.probes[task] = str(line.get("probe", ""))

    def exchange(self, resolved: ResolvedCall, body: bytes, got: Got | str, ms: float) -> None:
        """Keep a call of the dialect and its answer, or why there is none."""
        call = resolved.call
        answer: dict[str, Any] = {"status": None, "fault": got}
        if isinstance(got, Got):
            answer = {"status": got.status, "headers": got.headers, "size": len(got.body)}
            answer |= shown(got.body)
        sent = shown(body)
        line = {
            "call": resolved.kind,
            "method": call.method,
            "url": self._url(call),
            "of": self.probes.get(call.args.get("id", ""), ""),
            "task": call.args.get("id", ""),
            "auth": "key" if call.account.key else "none",
            "sent_headers": dict(call.headers),
            "sent": sent["json"] if sent["is_json"] else sent["text"] or None,
            "ms": ms,
            "at": call.now,
            **answer,
        }
        self._keep(line, call.account.key)

    def _url(self, call: Call) -> str:
        return self.base + call.target

    def _keep(self, line: dict[str, Any], account: str) -> None:
        self.number += 1
        made = clean({name: one for name, one in line.items() if "headers" not in name}, account)
        for name in ("sent_headers", "headers"):
            made[name] = headers(line.get(name, {}).items(), account)
        made |= {"kind": "exchange", "number": self.number, "probe": f"recorded/{self.number}"}
        made |= {"cost": "own" if line["call"] == "create" else "free", "want": "answer"}
        self._remember(made)
        self._write(made)

    def heard(self, heard: Heard) -> None:
        """Keep a callback, as the upstream made it, and what the client said to it."""
        body, known = shown(heard.body), self.probes.get(heard.task, "")
        value = body["json"] if body["is_json"] else body["text"]
        line = {
            "kind": "callback",
            "of": known,
            "task": heard.task,
            "at": heard.at,
            "method": "POST",
            "path": clean(heard.url, heard.account),
            "headers": headers(heard.headers.items(), heard.account),
            "body": clean(value, heard.account),
            "status": heard.status,
            "fault": heard.error,
        }
        self._write(line)

    def watch(self, link: Passed, request: web.BaseRequest, call: Call | None, file: File) -> File:
        """The same file, of which a copy or the digest alone is kept once all of it was read."""
        url, task = link.url, link.task
        if call is not None:
            url = self._url(call)
            task = self.dialect.match(call.method, call.path, call.query)[1].get("id", "")
        return replace(
            file, pieces=self._copied(Passed(task, url), call is not None, request, file)
        )

    async def _copied(
        self, link: Passed, keyed: bool, request: web.BaseRequest, file: File
    ) -> AsyncIterator[bytes]:
        exchange, digest, size, said = journal.current(), sha256(), 0, b""
        copy = self._copy() if file.status == 200 and request.method == "GET" else None
        fault = "the client went away"
        try:
            async for piece in file.pieces:
                digest.update(piece)
                size += len(piece)
                if file.status >= 300 and len(said) < MOST_TEXT:
                    said += piece[:MOST_TEXT]
                if copy is not None and size <= MOST_FILE:
                    copy = _added(copy, piece)
                yield piece
            fault = ""
        except Silent as silent:
            fault = str(silent)
            raise
        finally:
            whole = not fault and file.length in (None, size)
            name = self._settled(copy, digest.hexdigest() if whole and size <= MOST_FILE else "")
            line = {
                "call": "download",
                "method": request.method,
                "url": link.url,
                "of": self.probes.get(link.task, ""),
                "task": link.task,
                "auth": "key" if keyed else "none",
                "sent_headers": dict(request.headers),
                "status": file.status,
                "headers": file.headers,
                "size": size,
                "fault": fault,
                "at": exchange.at,
                **(shown(said) if said else {}),
            }
            self._keep(line, exchange.account)
            if whole and file.status == 200:
                of = self.probes.get(link.task, "")
                facts = {"kind": "file", "of": of, "task": link.task, "size": size}
                self._write({**facts, "sha256": digest.hexdigest(), "name": name})

    @property
    def folder(self) -> Path:
        """Where the files of the recording lie."""
        return self.path.with_name(self.path.name + ".files")

    def _copy(self) -> IO[bytes] | None:
        if self.facts_only:
            return None
        try:
            self.folder.mkdir(exist_ok=True)
            return (self.folder / f"part-{secrets.token_hex(8)}").open("wb")
        except OSError as error:
            tell("a file is not recorded", reason=str(error))
            return None

    def _settled(self, copy: IO[bytes] | None, digest: str) -> str:
        """Give a copy the name of its digest, or take it away."""
        if copy is None:
            return ""
        try:
            copy.close()
            if digest:
                Path(copy.name).replace(self.folder / digest)
                return digest
        except OSError as error:
            tell("a file is not recorded", reason=str(error))
        Path(copy.name).unlink(missing_ok=True)
        return ""

    def close(self) -> None:
        """End the recording as a whole one."""
        if self._file is not None:
            self._write({"kind": "end"})
        if self._file is not None:  # which ends where it cannot be written
            self._file.close()

    def _write(self, line: Mapping[str, Any]) -> None:
        if self._file is None:
            return
        try:
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._file.flush()
        except OSError as error:
            tell("the recording ends here", file=str(self.path), reason=str(error.strerror))
            with suppress(OSError):  # again, of what is still to be written
                self._file.close()
            self._file = None


def _added(copy: IO[bytes], piece: bytes) -> IO[bytes] | None:
    """The copy with one piece more; None where it had to be given up."""
    try:
        copy.write(piece)
    except OSError as error:
        tell("a file is not recorded", reason=str(error))
        with suppress(OSError):
            copy.close()
        Path(copy.name).unlink(missing_ok=True)
        return None
    return copy


def _meta(dialect: str, base: str) -> dict[str, Any]:
    """The first line: what a judge has to know of the run."""
    world = {"profile": "free", "control": False, "second": False, "callback": False}
    return {
        "kind": "meta",
        "version": VERSION,
        "run": secrets.token_hex(8),
        "dialect": dialect,
        "base_url": base,
        "profile": "free",
        "select": [],
        "models": {},
        "world": {**world, "media": False, "loopback": False},
        "recorded": True,
    }
