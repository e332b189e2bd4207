"""Gateways that break a sentence at one value only are noticed by its row."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from conformance.catalogue import orders
from tests.conformance.bending import Answer, Ask, Bend, Call, Tell, before, put, swapped, told
from tests.conformance.meeting import judged, recorded, serving

WHOLE = r"(?![.\d])"


def wider(row: str, beyond: str, within: str) -> Bend:
    """A limit that is wider than the document has it: what is beyond is taken for what is not."""
    bent = swapped(beyond + WHOLE, within)
    return Bend(f"{beyond} is taken", row, bent, level=level(row))


def tighter(row: str, within: str, beyond: str) -> Bend:
    """A limit that is narrower: what is on it is taken for what is beyond."""
    bent = swapped(within + WHOLE, beyond)
    return Bend(f"{within} is refused", row, bent, level=level(row))


def level(row: str) -> str:
    """What a broken row comes to: no seed speaks of Ark, so that nothing there fails."""
    return "warn" if row.startswith("ark.") else "fail"


LIMITS = (
    wider("evolink.videos.fps", "fps=23.49", "fps=24"),
    wider("evolink.videos.fps", "fps=60.51", "fps=60"),
    tighter("evolink.videos.fps", "fps=24", "fps=23"),
    tighter("evolink.videos.fps", "fps=60", "fps=61"),
    wider("evolink.images.ratio", "width=584", "width=600"),
    wider("evolink.images.ratio", "width=1507", "width=1500"),
    tighter("evolink.images.ratio", "width=600&height=1500", "width=500&height=1500"),
    wider("evolink.videos.ratio", "width=1508", "width=1500"),
    wider("evolink.videos.area", "width=638&height=642", "width=640&height=640"),
    wider("evolink.videos.area", "width=870&height=1066", "width=834&height=1112"),
    tighter("evolink.videos.area", "width=834&height=1112", "width=900&height=1112"),
    wider("evolink.videos.seconds", "seconds=15.22", "seconds=15"),
    wider("evolink.videos.seconds", "seconds=1.78", "seconds=2"),
    tighter("evolink.videos.seconds", "seconds=15", "seconds=16"),
    tighter("evolink.videos.seconds", "seconds=2", "seconds=1"),
    wider("evolink.videos.total", "seconds=8.22", "seconds=8"),
    wider("evolink.videos.total", "seconds=5.22", "seconds=5"),
    tighter("evolink.audios.total", "seconds=8", "seconds=12"),
    wider("evolink.audios.seconds", "seconds=1.78", "seconds=2"),
    wider("evolink.images.side", "width=299", "width=300"),
    wider("evolink.images.side", "height=299", "height=300"),
    wider("evolink.images.side", "width=6001", "width=6000"),
    tighter("evolink.images.side", "width=300", "width=290"),
    wider("evolink.images.bytes", "size=31457281", "size=1000000"),
    tighter("evolink.videos.bytes", "size=50000000", "size=60000000"),
    wider("evolink.images.format", "format=bmp", "format=png"),
    wider("evolink.images.format", "format=tiff", "format=png"),
    wider("evolink.videos.format", "format=mkv", "format=mp4"),
    wider("evolink.audios.format", "format=flac", "format=mp3"),
    tighter("evolink.videos.format", "format=mov", "format=mkv"),
    wider("uniall.videos.seconds", "seconds=15.22", "seconds=15"),
    tighter("uniall.videos.total", "seconds=8", "seconds=9"),
    wider("ark.media.video.area", "width=3012&height=2754", "width=3000&height=2700"),
    wider("ark.media.image.ratio", "width=584", "width=601"),
)  # fmt: skip


def changed(place: str, value: Any, when: str = "", phase: str = "") -> Tell:
    """Another value at a place of the answers about orders in which something stands."""

    def tell(call: Call, answer: Answer) -> Answer:
        fits = re.search(when, call.of) and phase in answer.body.decode()
        if call.method != "GET" or not fits or not orders.at(answer.json, place)[0]:
            return answer
        return answer.saying(put(answer.json, place, value))

    return tell


def counted(items: str) -> Tell:
    """Lists whose total is the number of what is on the page."""

    def tell(call: Call, answer: Answer) -> Answer:
        held = answer.json.get(items) if isinstance(answer.json, dict) else None
        if call.method != "GET" or not isinstance(held, list):
            return answer
        return answer.saying({**answer.json, "total": len(held)})

    return tell


def refusing(where: str, status: int | None = None, body: bytes = b"") -> Tell:
    """Refusals of some calls with another status, or as a page."""

    def tell(call: Call, answer: Answer) -> Answer:
        if answer.status < 400 or not re.search(where, f"{call.method} {call.path} {call.order}"):
            return answer
        headers = answer.headers.copy()
        if body:
            headers["Content-Type"] = "text/html"
        return Answer(status or answer.status, headers, body or answer.body)

    return tell


def deletions(status: int) -> Tell:
    """Another status for deletions by another account's key."""

    def tell(call: Call, answer: Answer) -> Answer:
        if call.method != "DELETE" or not call.foreign:
            return answer
        return Answer(status, answer.headers, b"{}" if status < 300 else answer.body)

    return tell


def undeleted() -> Tell:
    """Lists that still hold what was deleted."""
    seen: dict[str, Any] = {}
    gone: dict[str, Any] = {}

    def tell(call: Call, answer: Answer) -> Answer:
        id = call.path.partition("?")[0].rpartition("/")[2]
        body = answer.json
        if call.method == "GET" and id in str(body):
            seen[id] = body
        if call.method == "DELETE" and answer.status == 200:
            gone[id] = seen.get(id)
        items = next((each for each in ("items", "data") if _listed(body, each)), "")
        held = [each for each in gone.values() if each]
        return answer.saying({**body, items: body[items] + held}) if items and held else answer

    return tell


def _listed(body: Any, items: str) -> bool:
    return isinstance(body, dict) and isinstance(body.get(items), list)


def kept(call: Call, answer: Answer) -> Answer:
    """Deletions that say of themselves that they did not happen."""
    deleted = call.method == "DELETE" and answer.status == 200
    return answer.saying({**answer.json, "deleted": False}) if deleted else answer


def fileless(call: Call) -> str:
    """A form whose file is a part of another name."""
    return re.sub(r'name="input_reference"', 'name="input_other"', call.order)


OTHER = swapped('"data:image/[^"]*"', '"https://example.com/other.png"')


def four_as_three(call: Call) -> str:
    """An order of four reference videos of the standard model as one of three."""
    order = json.loads(call.order or "{}")
    items = order.get("content", [])
    videos = [each for each in items if each.get("role") == "reference_video"]
    if len(videos) == 4 and "2-0-260128" in order["model"]:
        items.remove(videos[-1])
    return json.dumps(order)


HTML = b"<html><body>Bad Gateway</body></html>"
TWO_IDS = r"(filter\.task_ids=[^&]*)&(filter\.task_ids=[^&]*)"
PRIVATE = ("nbility", "uniall", "octopusx", "evolink", "apiyi")
SENTENCES = (
    *(Bend("anybody reads a task", f"{name}.task.private", lent=True) for name in PRIVATE),
    Bend("a foreign running task is 409", "ark.task.foreign", tell=deletions(409), level="warn"),
    Bend("a foreign task is deleted", "openai.delete.foreign", tell=deletions(200), level="warn"),
    Bend("an unknown task is 200", "apiyi.refusal.status", tell=refusing("GET", 200)),
    Bend("a missing key is 200", "uniall.refusal.status", tell=refusing("GET", 200)),
    Bend("a wrong order is 200", "evolink.refusal.status", tell=refusing('duration": ?-1', 200)),
    Bend("orders in HTML", "octopusx.refusal.json", tell=refusing("POST", body=HTML)),
    Bend("orders in HTML", "nbility.refusal.json", tell=refusing("POST", body=HTML)),
    Bend(
        "no last frame",
        "octopusx.return-last-frame.linked",
        tell=changed("/data/data/content/last_frame_url", ...),
    ),
    Bend(
        "no last frame for a text",
        "uniall.return-last-frame.linked",
        tell=changed("/last_frame_url", ..., when='return_last_frame": ?"true"'),
    ),
    Bend(
        "false in a text is true",
        "uniall.return-last-frame.linked",
        swapped('"return_last_frame": ?"false"', '"return_last_frame":true'),
    ),
    Bend(
        "the first id counts",
        "ark.list.ids",
        way=lambda path: re.sub(TWO_IDS, r"\1", path),
        level="warn",
    ),
    Bend(
        "the last id counts",
        "ark.list.ids",
        way=lambda path: re.sub(TWO_IDS, r"\2", path),
        level="warn",
    ),
    Bend(
        "mini makes 1080p",
        "ark.resolution.fast",
        swapped('-mini-260615(.*)"1080p"', r'-mini-260615\1"720p"'),
        level="warn",
    ),
    Bend(
        "mini makes sixteen seconds",
        "ark.duration.range",
        swapped('-mini-260615(.*"duration": ?)16', r"-mini-260615\g<1>15"),
        level="warn",
    ),
    Bend("standard takes four videos", "ark.mode.videos.most", four_as_three, level="warn"),
    Bend("a second more", "octopusx.expiry.range", swapped("259201", "259200")),
    Bend("a second less", "apiyi.expiry.range", swapped("3599", "3600")),
    Bend("21:9 is taken", "octopusx.ratio.unlisted", swapped('"21:9"', '"16:9"')),
    Bend(
        "a free length is told as -1",
        "octopusx.duration.auto",
        tell=changed("/data/data/duration", -1, when='"duration": ?-1'),
        level="warn",
    ),
    Bend("duration over frames", "octopusx.frames.wins", swapped(',? ?"frames": ?49', "")),
    Bend(
        "Base64 is taken",
        "evolink.images.base64",
        swapped('"data:image[^"]*"', '"https://example.com/a.png"'),
    ),
    Bend(
        "HTTP is called back",
        "evolink.callback.https",
        swapped('"http://example.com', '"https://example.com'),
    ),
    Bend(
        "an image before a video",
        "evolink.ratio.adaptive.video",
        swapped(r'"video_urls": ?\["[^"]*720&height=1280[^"]*"\],? ?', ""),
    ),
    Bend("a last frame alone", "uniall.last-image.needs-image", swapped('"last_image"', '"image"')),
    Bend(
        "an edit of images",
        "uniall.operation.incompatible",
        swapped('"edit_video"', '"reference_to_video"'),
    ),
    Bend(
        "a text is no switch",
        "uniall.camera-fixed.accepted",
        swapped('"camera_fixed": ?"true"', '"camera_fixed":[]'),
    ),
    Bend("a total of the page", "ark.list.total", tell=counted("items"), level="warn"),
    Bend(
        "no last frame at 21:9",
        "apiyi.last-frame.linked",
        tell=changed("/content/last_frame_url", ...),
    ),
    Bend("a file is no picture", "openai.frames.file", fileless, level="warn"),
    Bend("data are another picture", "openai.frames.data", OTHER, level="warn"),
    Bend("data are another picture", "apiyi.frames.data", OTHER, level="warn"),
    Bend(
        "a tall one is broad",
        "openai.size.large-aspect",
        swapped("1024x1792", "1792x1024"),
        level="warn",
    ),
    Bend("nothing is deleted", "openai.delete.answer", tell=kept, level="warn"),
    Bend("the deleted is listed", "openai.delete.unlisted", tell=undeleted(), level="warn"),
    Bend("the deleted is listed", "ark.delete.unlisted", tell=undeleted(), level="warn"),
    Bend(
        "each page is the first",
        "ark.list.pages",
        way=lambda path: path.replace("page_num=2", "page_num=1"),
        level="warn",
    ),
    Bend(
        "each order is the usual one",
        "openai.list.order",
        way=lambda path: path.replace("order=asc", "order=desc"),
        level="warn",
    ),
    Bend(
        "a page of one holds two",
        "ark.list.total",
        way=lambda path: path.replace("page_size=1", "page_size=2"),
        level="warn",
    ),
    Bend("half a second", "apiyi.duration.type", swapped("5\\.5", "5"), level="warn"),
    Bend("half a second", "evolink.duration.type", swapped("5\\.5", "5"), level="warn"),
    Bend("half a second", "ark.duration.type", swapped("5\\.5", "5"), level="warn"),
    Bend("no seed 0", "octopusx.seed.zero", swapped('"seed": ?0', '"seed":[]'), level="warn"),
    Bend("no seed 0", "uniall.seed.zero", swapped('"seed": ?0', '"seed":[]'), level="warn"),
    Bend(
        "seed 0 is none",
        "newapi.metadata.seed-shown",
        swapped(',? ?"seed": ?0', ""),
        level="warn",
    ),
    Bend(
        "a last frame beside a reference",
        "octopusx.mixing.frames-and-references",
        swapped('^((?!first_frame).*)"reference_image"', r'\1"first_frame"'),
        level="warn",
    ),
    Bend(
        "no 21:9 in 1080p",
        "apiyi.ratio.each-tier",
        swapped('(?=.*"1080p")(.*)"21:9"', r'\1"2:1"'),
    ),
    Bend(
        "no 480p of the standard model",
        "apiyi.resolution.each-model",
        swapped('(?=.*-2-0-260128)(.*)"480p"', r'\1"2k"'),
    ),
    Bend(
        "no 3:4 in 720p",
        "evolink.ratio.each-quality",
        swapped('(?=.*"720p")(.*)"3:4"', r'\1"2:1"'),
    ),
    Bend(
        "a queue at 10%",
        "nbility.progress.words",
        tell=changed("/data/progress", "10%", phase="QUEUED"),
    ),
)
FEW = (
    "fps=60.51 is taken",
    "format=flac is taken",
    "seconds=15 is refused",
    "a foreign running task is 409",
    "no last frame for a text",
    "the first id counts",
    "orders in HTML",
    "no 3:4 in 720p",
)
BENDS = (*LIMITS, *SENTENCES)


@pytest.mark.parametrize("bend", [each for each in BENDS if each.name in FEW], ids=str)
async def test_what_is_wrong_at_one_value_is_noticed(bend: Bend, tmp_path: Path) -> None:
    assert await told(bend, tmp_path) == bend.level


@pytest.mark.slow
@pytest.mark.parametrize("bend", BENDS, ids=str)
async def test_every_sentence_is_judged_by_what_it_says(bend: Bend, tmp_path: Path) -> None:
    assert await told(bend, tmp_path) == bend.level


def once(status: int) -> Tell:
    """The first query for what is not there any more gets another status."""
    met: list[str] = []

    def tell(call: Call, answer: Answer) -> Answer:
        if call.method != "GET" or answer.status != 404 or not call.of or met:
            return answer
        met.append(call.path)
        return Answer(status, answer.headers, b"<html>Bad Gateway</html>")

    return tell


async def test_a_moment_that_does_not_come_back_is_asked_for_once_more(tmp_path: Path) -> None:
    assert await told(Bend("one 502", "ark.delete.queued.kept", tell=once(502)), tmp_path) == "pass"


@pytest.mark.parametrize(
    ("ask", "wanted"),
    [
        (
            swapped("259200", "259201"),
            {
                "octopusx.expiry.range": "fail",
                "octopusx.generate-audio.effect": "pass",
                "octopusx.ratio.named": "pass",
            },
        ),
        (
            swapped('"priority": ?9', '"priority":10'),
            {"ark.priority.range": "warn", "ark.duration.auto": "pass"},
        ),
    ],
)
async def test_what_is_refused_for_another_value_is_no_matter_of_the_row(
    ask: Ask, wanted: dict[str, str], tmp_path: Path
) -> None:
    bend = Bend("a limit is refused", next(iter(wanted)), ask)
    async with serving() as base, before(base, bend) as gateway:
        found = judged(
            await recorded(gateway, bend.dialect, tuple(wanted), tmp_path), tuple(wanted)
        )
    assert {row: found[row].result for row in wanted} == wanted


@pytest.mark.slow
@pytest.mark.parametrize("row", sorted({each.row for each in BENDS}))
async def test_a_gateway_that_passes_on_what_it_gets_is_not_noticed(
    row: str, tmp_path: Path
) -> None:
    assert await told(Bend("nothing", row), tmp_path) == "pass"
