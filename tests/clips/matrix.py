"""The large matrix, judged by ffprobe and by a browser where this machine has them.

python -m tests.clips.matrix [fast|full] [ffprobe] [chromium]
"""

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from typing import Any, Literal

from simulator.clips.spec import FPS, ClipSpec
from simulator.clips.studio import Studio
from tests.clips.specs import SIZES, image, spec

LENGTHS = (96, 97, 120, 121, 360, 361)
PAGE = Path(__file__).with_name("player.html")


def orders() -> Iterator[tuple[str, ClipSpec]]:
    for (width, height), frames, sound in product(SIZES, LENGTHS, (False, True)):
        name = f"{width}x{height}-{frames}-{'sound' if sound else 'silent'}"
        yield name, spec(width=width, height=height, frames=frames, sound=sound, seed=frames)
    for width, height in SIZES:
        pictures = {"first": image(2), "last": image(5)}
        yield f"{width}x{height}-own", spec(width=width, height=height, frames=97, **pictures)


def probed(file: Path, wanted: ClipSpec) -> list[str]:
    """What ffprobe finds wrong."""
    command = ["ffprobe", "-v", "warning", "-count_packets", "-show_streams", "-of", "json"]
    done = subprocess.run([*command, str(file)], capture_output=True, text=True, check=False)
    video, *sound = json.loads(done.stdout)["streams"]
    seconds = f"{wanted.frames / FPS:.6f}"
    claims = {
        "complaints": (done.stderr, ""),
        "codec": (video["codec_name"], "h264"),
        "width": (video["width"], wanted.width),
        "height": (video["height"], wanted.height),
        "pixels": (video["pix_fmt"], "yuv420p"),
        "rate": (video["r_frame_rate"], "24/1"),
        "mean rate": (video["avg_frame_rate"], "24/1"),
        "frames": (video["nb_frames"], str(wanted.frames)),
        "packets": (video["nb_read_packets"], str(wanted.frames)),
        "duration": (video["duration"], seconds),
        "tracks": (len(sound), int(wanted.sound)),
    }
    for stream in sound:
        claims["sound"] = (stream["codec_name"], "aac")
        claims["channels"] = (stream["channels"], 1)
        claims["samples"] = (stream["sample_rate"], "48000")
        claims["sound duration"] = (stream["duration"], seconds)
    return [f"{name}: {found} for {due}" for name, (found, due) in claims.items() if found != due]


@dataclass
class Cinema:
    """A page that plays clips, and what it says about them."""

    folder: Path
    seen: dict[str, Any] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)

    def handler(self) -> type[BaseHTTPRequestHandler]:
        cinema = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/":
                    self.send(200, PAGE.read_bytes(), "text/html")
                elif self.path == "/list":
                    names = sorted(file.name for file in cinema.folder.glob("*.mp4"))
                    self.send(200, json.dumps(names).encode(), "application/json")
                elif not self.path.endswith(".mp4"):
                    self.send(404, b"", "text/plain")
                else:
                    self.ranged((cinema.folder / self.path[1:]).read_bytes())

            def ranged(self, data: bytes) -> None:
                asked = self.headers.get("Range", "")
                if not asked.startswith("bytes="):
                    self.send(200, data, "video/mp4")
                    return
                first, _, last = asked[6:].partition("-")
                end = min(int(last or len(data) - 1), len(data) - 1)
                part = f"bytes {first}-{end}/{len(data)}"
                self.send(206, data[int(first) : end + 1], "video/mp4", part)

            def do_POST(self) -> None:
                told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                cinema.seen.update(told)
                self.send(200, b"", "text/plain")
                if "over" in told:
                    cinema.over.set()

            def send(self, status: int, data: bytes, kind: str, part: str = "") -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.send_header("Accept-Ranges", "bytes")
                if part:
                    self.send_header("Content-Range", part)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def played(folder: Path, wanted: dict[str, ClipSpec]) -> dict[str, list[str]]:
    """What a browser finds wrong."""
    cinema = Cinema(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), cinema.handler())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    browser = [shutil.which("chromium") or "chromium", "--headless=new", "--no-sandbox"]
    browser += ["--mute-audio", "--autoplay-policy=no-user-gesture-required", "--disable-gpu"]
    profile = f"--user-data-dir={folder / 'profile'}"
    with subprocess.Popen(
        [*browser, profile, f"http://127.0.0.1:{server.server_port}/"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        cinema.over.wait(60 + 20 * len(wanted))
        process.terminate()
    server.shutdown()
    return {name: watched(cinema.seen.get(f"{name}.mp4"), due) for name, due in wanted.items()}


def watched(seen: dict[str, Any] | None, due: ClipSpec) -> list[str]:
    if seen is None or "error" in seen:
        return [f"not played: {seen}"]
    wrong = []
    if (seen["width"], seen["height"]) != (due.width, due.height):
        wrong.append(f"size: {seen['width']}x{seen['height']}")
    if abs(seen["duration"] - due.frames / FPS) > 0.002:
        wrong.append(f"duration: {seen['duration']}")
    if seen["pictures"] != 4:
        wrong.append(f"different pictures after four seeks: {seen['pictures']}")
    if not seen["ended"]:
        wrong.append("did not play to its end")
    return wrong


async def rendered(folder: Path, mode: Literal["fast", "full"]) -> dict[str, ClipSpec]:
    studio = Studio(mode=mode)
    made = {}
    for name, wanted in orders():
        clip = await studio.clip(wanted)
        (folder / f"{name}.mp4").write_bytes(clip.data)
        made[name] = wanted
    await studio.close()
    return made


def report(judge: str, found: dict[str, list[str]]) -> bool:
    bad = {name: wrong for name, wrong in found.items() if wrong}
    sys.stdout.write(f"{judge}: {len(found) - len(bad)} of {len(found)} clips are right\n")
    for name, wrong in bad.items():
        sys.stdout.write(f"  {name}: {'; '.join(wrong)}\n")
    return not bad


def main() -> None:
    asked = set(sys.argv[1:])
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        wanted = asyncio.run(rendered(folder, "full" if "full" in asked else "fast"))
        good = True
        if "ffprobe" in asked or shutil.which("ffprobe"):
            good &= report(
                "ffprobe", {n: probed(folder / f"{n}.mp4", w) for n, w in wanted.items()}
            )
        if "chromium" in asked:
            some = {n: w for n, w in wanted.items() if n.endswith(("97-sound", "own"))}
            for name in set(wanted) - set(some):
                (folder / f"{name}.mp4").unlink()
            good &= report("chromium", played(folder, some))
    sys.exit(not good)


if __name__ == "__main__":
    main()
