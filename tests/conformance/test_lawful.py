"""What documents leave open fails nothing: odd servers, met with all their oddities at once."""

import io
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from conformance.catalogue import documents
from conformance.collect import clip
from conformance.untrusted import bounded
from tests.conformance import lawful

# These dialects name the words of their errors, which no other language has.
WORDED = ("newapi",)
# Rows in which a document says what one of the oddities does not do: a callback comes once, a link
# is one of the store's own, or an error has these words.
SAID = {
    "ark": {
        "ark.auth.text", "ark.asset.unknown", "ark.link.signed", "ark.link.authorization",
        "ark.request-id.text",
    },
    "apiyi": {"apiyi.auth.group", "apiyi.link.authorization"},
    "evolink": {
        "evolink.callback.only", "evolink.callback.delivered", "evolink.callback.empty",
    },
    "newapi": {"newapi.headers.no-limits"},
    "octopusx": {"octopusx.callback.once"},
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", documents.dialects())
async def test_a_server_that_is_odd_where_it_may_be_fails_nothing(
    name: str, tmp_path: Path
) -> None:
    oddities = [each for each in lawful.ODDITIES if name not in WORDED or each != "chinese"]
    found = await lawful.met(name, oddities, tmp_path)
    assert {id: each.result for id, each in found.items() if each.result == "fail"} == {}
    assert {id: each.message for id, each in found.items() if id not in SAID.get(name, ())} == {}


async def test_odd_answers_and_a_poll_that_fails_once_leave_every_row_judged(
    tmp_path: Path,
) -> None:
    rows = (
        "evolink.create", "evolink.query", "evolink.progress", "evolink.clip.container",
        "evolink.link.keyless", "evolink.callback.happens", "evolink.callback.query",
    )  # fmt: skip
    found = await lawful.met("evolink", lawful.ODDITIES, tmp_path, rows)
    assert {id: each.message for id, each in found.items()} == {}


@pytest.mark.parametrize(
    ("text", "value"),
    [("5.0", 5), ("-0.0", 0), ("1.7e9", 1_700_000_000), ("5.5", 5.5), ("1e200", 1e200)],
)
def test_a_whole_number_may_be_written_with_a_point(text: str, value: float) -> None:
    found = bounded.parse(text)
    assert (found, type(found)) == (value, type(value))


def film(codec: str) -> bytes:
    """Two seconds of a clip that goes from red to blue."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as box:
        stream: Any = box.add_stream(codec, rate=24)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        stream.options = {"preset": "ultrafast", "x265-params": "log-level=none"}
        for number in range(48):
            picture = Image.new("RGB", (128, 96), (240 - 5 * number, 0, 5 * number))
            frame: Any = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
            box.mux(stream.encode(frame))
        box.mux(stream.encode())
    return file.getvalue()


def test_a_clip_may_be_hevc_and_its_last_picture_a_jpeg() -> None:
    raw = film("libx265")
    found = clip.facts(raw, ends=True)
    assert (found["codec"], found["width"], found["height"]) == ("hevc", 128, 96)
    assert (found["frames"], found["fps"], found["seconds"]) == (48, 24, 2)
    (red, _, blue), (late_red, _, late_blue) = found["first"][0], found["last"][0]
    assert red > 200 > 60 > blue
    assert late_blue > 200 > 60 > late_red
    box: Any
    with av.open(io.BytesIO(raw), "r") as box:
        *_, last = box.decode(video=0)
    file = io.BytesIO()
    last.to_image().save(file, "JPEG", quality=85)
    shown = clip.still(file.getvalue(), raw)
    assert (shown["format"], shown["width"]) == ("jpeg", 128)
    assert shown["distance"] < 4
