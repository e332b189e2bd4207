"""Content arrays and their media, as ark and apiyi judge them: modes, mixing and every bound."""

import base64
from typing import Any

import pytest

from simulator.core.media import Facts
from simulator.dialects import apiyi, ark
from simulator.engine.dialect import Dialect
from simulator.media.samples import render
from tests.dialects.items import TEXT, accepted, audio, image, item, order, refused, video
from tests.driving import world

BOTH = pytest.mark.parametrize("dialect", [ark.DIALECT, apiyi.DIALECT], ids=lambda one: one.name)
MB = 1024 * 1024
FIRST, LAST, BARE = image("first_frame"), image("last_frame"), image(None)
IMAGE, VIDEO, AUDIO = image(), video(), audio()
SHORT = audio(seconds=2)
INVALID = "The parameter `content` specified in the request is not valid: "


@BOTH
@pytest.mark.parametrize(
    ("content", "mode", "roles"),
    [
        ([TEXT], "t2v", []),
        ([TEXT, BARE], "i2v", ["first_frame"]),
        ([BARE], "i2v", ["first_frame"]),
        ([FIRST, TEXT], "i2v", ["first_frame"]),
        ([TEXT, FIRST, LAST], "flf2v", ["first_frame", "last_frame"]),
        ([LAST, FIRST], "flf2v", ["last_frame", "first_frame"]),
        ([TEXT, IMAGE], "r2v", ["reference_image"]),
        ([IMAGE] * 9, "r2v", ["reference_image"] * 9),
        ([TEXT, VIDEO], "r2v", ["reference_video"]),
        ([TEXT, *[video(seconds=5)] * 3], "r2v", ["reference_video"] * 3),
        ([IMAGE, *[audio(seconds=5)] * 3], "r2v", ["reference_image"] + ["reference_audio"] * 3),
        ([VIDEO, SHORT], "r2v", ["reference_video", "reference_audio"]),
    ],
)
async def test_modes(dialect: Dialect, content: list[Any], mode: str, roles: list[str]) -> None:
    made = (await accepted(world(dialect), order(*content))).order
    assert made.mode == mode
    assert [reference.role for reference in made.references] == roles


@BOTH
@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([BARE, BARE], "role must be specified for image contents"),
        ([FIRST, BARE], "role must be specified for image contents"),
        ([BARE] * 3, "role must be specified for image contents"),
        ([image("style")], "invalid role specified for image content"),
        ([FIRST, FIRST], "expected at most one first frame image content but got 2 instead"),
        ([FIRST, LAST, LAST], "expected at most one last frame image content but got 2 instead"),
        ([IMAGE] * 10, "expected at most 9 reference images but got 10 instead"),
        ([VIDEO] * 4, "expected at most 3 reference videos but got 4 instead"),
        ([IMAGE, *[SHORT] * 4], "expected at most 3 reference audios but got 4 instead"),
        ([FIRST, IMAGE], "first/last frame content cannot be mixed with reference media content"),
        ([BARE, AUDIO], "first/last frame content cannot be mixed with reference media content"),
        ([FIRST, VIDEO], "first/last frame content cannot be mixed with reference media content"),
        (
            [LAST],
            "last frame image content cannot be mixed with first frame or reference image content",
        ),
        ([video(None)], "reference media mode requires video role to be reference_video"),
        ([video("first_frame")], "reference media mode requires video role to be reference_video"),
        ([IMAGE, audio(None)], "reference media mode requires audio role to be reference_audio"),
        ([TEXT, AUDIO], "reference_audio cannot be the only reference input"),
        ([AUDIO], "reference_audio cannot be the only reference input"),
        ([TEXT, TEXT], "expected at most one text content but got 2 instead"),
    ],
)
async def test_mixing(dialect: Dialect, content: list[Any], message: str) -> None:
    error = await refused(world(dialect), order(*content))
    assert error["message"].startswith(INVALID + message + " Request id: ")
    assert (error["code"], error["param"]) == ("InvalidParameter", "content")


@BOTH
@pytest.mark.parametrize(
    ("content", "code", "param"),
    [
        ([], "InvalidParameter", "content"),
        (["hello"], "InvalidParameter", "content[0]"),
        ([None], "InvalidParameter", "content[0]"),
        ([{}], "MissingParameter", "content[0].type"),
        ([{"type": None}], "MissingParameter", "content[0].type"),
        ([{"type": "image"}], "InvalidParameter", "content[0].type"),
        ([{"type": 5}], "InvalidParameter", "content[0].type"),
        ([{"type": []}], "InvalidParameter", "content[0].type"),
        ([TEXT, {"type": "text"}], "MissingParameter", "content[1].text"),
        ([{"type": "text", "text": " "}], "MissingParameter", "content[0].text"),
        ([{"type": "text", "text": 5}], "InvalidParameter", "content[0].text"),
        ([{"type": "image_url"}], "MissingParameter", "content[0].image_url"),
        ([{"type": "image_url", "image_url": "u"}], "InvalidParameter", "content[0].image_url"),
        ([{"type": "image_url", "image_url": {}}], "MissingParameter", "content[0].image_url.url"),
        (
            [{"type": "video_url", "video_url": {"url": 5}}],
            "InvalidParameter",
            "content[0].video_url.url",
        ),
        ([{**BARE, "role": 5}], "InvalidParameter", "content[0].role"),
    ],
)
async def test_items_that_are_none(
    dialect: Dialect, content: list[Any], code: str, param: str
) -> None:
    body = {"model": "doubao-seedance-2-0-260128", "content": content}
    error = await refused(world(dialect), body)
    assert (error["code"], error["param"]) == (code, param)


@BOTH
@pytest.mark.parametrize("content", [None, "text", {}, 5, True])
async def test_content_that_is_no_array(dialect: Dialect, content: Any) -> None:
    body = {"model": "doubao-seedance-2-0-260128", "content": content}
    error = await refused(world(dialect), body)
    assert error["code"] == "MissingParameter" if content is None else "InvalidParameter"
    assert error["param"] == "content"


IMAGE_SIDE = "expected the {} to be at {} {}px, but received a {} image instead"
RATIO = "expected the aspect ratio to be between 0.40 and 2.50, but received image with aspect "
MEASURED = "the parameter {} specified in the request must be {} than or equal to {} for model "

# For each bound: content that just keeps it, content one step beyond, and words of the refusal.
BOUNDS: list[tuple[list[Any], list[Any], str]] = [
    (
        [image(width=300, height=300)],
        [image(width=299, height=300)],
        IMAGE_SIDE.format("width", "least", 300, "299x300px"),
    ),
    (
        [image(width=300, height=300)],
        [image(width=300, height=299)],
        IMAGE_SIDE.format("height", "least", 300, "300x299px"),
    ),
    (
        [image(width=6000, height=6000)],
        [image(width=6001, height=6000)],
        IMAGE_SIDE.format("width", "most", 6000, "6001x6000px"),
    ),
    (
        [image(width=6000, height=6000)],
        [image(width=6000, height=6001)],
        IMAGE_SIDE.format("height", "most", 6000, "6000x6001px"),
    ),
    ([image(width=400, height=1000)], [image(width=399, height=1000)], RATIO + "ratio: 0.40"),
    ([image(width=1000, height=400)], [image(width=1000, height=399)], RATIO + "ratio: 2.51"),
    (
        [image(size=30 * MB - 1)],
        [image(size=30 * MB)],
        "the size of the input image (30 MiB) exceeds the limit (30 MiB)",
    ),
    (
        [video(width=640, height=1600)],
        [video(width=639, height=1600)],
        MEASURED.format("video aspect ratio", "greater", 0.4),
    ),
    (
        [video(width=1600, height=640)],
        [video(width=1603, height=640)],
        MEASURED.format("video aspect ratio", "less", 2.5),
    ),
    ([VIDEO], [video(width=299)], MEASURED.format("video width (px)", "greater", 300)),
    ([VIDEO], [video(height=299)], MEASURED.format("video height (px)", "greater", 300)),
    ([VIDEO], [video(width=6001)], MEASURED.format("video width (px)", "less", 6000)),
    ([VIDEO], [video(height=6001)], MEASURED.format("video height (px)", "less", 6000)),
    (
        [video(seconds=2)],
        [video(seconds=1.999)],
        MEASURED.format("video duration (seconds)", "greater", 2),
    ),
    (
        [video(seconds=15)],
        [video(seconds=15.001)],
        MEASURED.format("video duration (seconds)", "less", 15),
    ),
    (
        [video(seconds=7.5), video(seconds=7.5)],
        [video(seconds=7.5), video(seconds=7.501)],
        MEASURED.format("video total duration (seconds)", "less", 15),
    ),
    ([video(fps=24)], [video(fps=23.999)], MEASURED.format("video frame rate", "greater", 24)),
    ([video(fps=60)], [video(fps=60.001)], MEASURED.format("video frame rate", "less", 60)),
    (
        [audio(seconds=2), IMAGE],
        [audio(seconds=1.999), IMAGE],
        MEASURED.format("audio duration (seconds)", "greater", 2),
    ),
    (
        [audio(seconds=15), IMAGE],
        [audio(seconds=15.001), IMAGE],
        MEASURED.format("audio duration (seconds)", "less", 15),
    ),
    (
        [audio(seconds=5), audio(seconds=10), IMAGE],
        [audio(seconds=5), audio(seconds=10.001), IMAGE],
        MEASURED.format("audio total duration (seconds)", "less", 15),
    ),
    (
        [audio(size=15 * MB), IMAGE],
        [audio(size=15 * MB + 1), IMAGE],
        MEASURED.format("audio size (bytes)", "less", 15 * MB),
    ),
]
# Those that the newest page raised, which the resellers' documents do not know.
RAISED: list[tuple[Dialect, list[Any], list[Any], str]] = [
    (
        apiyi.DIALECT,
        [video(width=640, height=640)],
        [video(width=639, height=641)],
        MEASURED.format("video pixel count", "greater", 409600),
    ),
    (
        ark.DIALECT,
        [video(width=638, height=640)],
        [video(width=638, height=639)],
        MEASURED.format("video pixel count", "greater", 407696),
    ),
    (
        apiyi.DIALECT,
        [video(width=946, height=2206)],
        [video(width=1445, height=1445)],
        MEASURED.format("video pixel count", "less", 2086876),
    ),
    (
        ark.DIALECT,
        [video(width=3840, height=2160)],
        [video(width=3842, height=2160)],
        MEASURED.format("video pixel count", "less", 8295044),
    ),
    (
        apiyi.DIALECT,
        [video(size=50 * MB)],
        [video(size=50 * MB + 1)],
        MEASURED.format("video size (bytes)", "less", 50 * MB),
    ),
    (
        ark.DIALECT,
        [video(size=200 * MB)],
        [video(size=200 * MB + 1)],
        MEASURED.format("video size (bytes)", "less", 200 * MB),
    ),
]


@BOTH
@pytest.mark.parametrize(("good", "bad", "words"), BOUNDS)
async def test_bounds_of_media(
    dialect: Dialect, good: list[Any], bad: list[Any], words: str
) -> None:
    here = world(dialect)
    await accepted(here, order(*good))
    error = await refused(here, order(*bad))
    assert words in error["message"]
    assert error["code"] == "InvalidParameter"
    assert error["message"].startswith("The parameter `")


@pytest.mark.parametrize(("dialect", "good", "bad", "words"), RAISED)
async def test_bounds_that_only_the_newest_page_has(
    dialect: Dialect, good: list[Any], bad: list[Any], words: str
) -> None:
    here = world(dialect)
    await accepted(here, order(*good))
    assert words in (await refused(here, order(*bad)))["message"]


@BOTH
@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ([video(seconds=1.8)], [video(seconds=1.799)]),
        ([video(seconds=15.2)], [video(seconds=15.201)]),
        ([video(seconds=7.6), video(seconds=7.6)], [video(seconds=7.6), video(seconds=7.601)]),
        ([video(fps=23.8)], [video(fps=23.799)]),
        ([video(width=614, height=664)], [video(width=613, height=664)]),
        ([video(width=2494, height=3326)], [video(width=2495, height=3326)]),
        ([video(size=200 * MB)], [video(size=200 * MB + 1)]),
        ([IMAGE, audio(seconds=1.8)], [IMAGE, audio(seconds=1.799)]),
        ([IMAGE, audio(seconds=15.2)], [IMAGE, audio(seconds=15.201)]),
    ],
)
async def test_observed_tolerances(dialect: Dialect, good: list[Any], bad: list[Any]) -> None:
    here = world(dialect, fidelity="observed")
    await accepted(here, order(*good))
    await refused(here, order(*bad))


FORMATS = {
    "image": ("png", "jpeg", "webp", "bmp", "tiff", "gif", "heic", "heif"),
    "video": ("mp4", "mov"),
    "audio": ("wav", "mp3"),
}


@BOTH
async def test_formats(dialect: Dialect) -> None:
    here = world(dialect)
    for kind, formats in FORMATS.items():
        for name in formats:
            link = f"http://h/_sim/media/{kind}?format={name}"
            beside = [IMAGE] if kind == "audio" else []
            await accepted(here, order(item(kind, f"reference_{kind}", link), *beside))
    for kind, other in (("image", "video"), ("video", "audio"), ("audio", "image")):
        link = f"http://h/_sim/media/{other}"
        error = await refused(here, order(IMAGE, item(kind, f"reference_{kind}", link)))
        assert f"the parameter {kind} format specified in the request is not" in error["message"]
        assert error["param"] == "content[1]"


@BOTH
async def test_inline_media(dialect: Dialect) -> None:
    here = world(dialect)
    png = render(Facts("image", "png", 0, 400, 300), "")
    wav = render(Facts("audio", "wav", 0, ms=2000, channels=1), "")
    picture = "data:image/png;base64," + base64.b64encode(png).decode()
    sound = "data:audio/wav;base64," + base64.b64encode(wav).decode()
    made = await accepted(
        here,
        order(item("image", "reference_image", picture), item("audio", "reference_audio", sound)),
    )
    assert [(r.facts.width, r.facts.ms) for r in made.order.references if r.facts] == [
        (400, 0),
        (0, 2000),
    ]
    assert await here.engine.store.blob(made.order.references[0].digest) == png
    error = await refused(here, order(item("video", "reference_video", picture)))
    assert error["message"].startswith(INVALID + "reference_video must be provided as a web url")
    for bad in ("data:image/png;base64,", "data:image/png;base64,AAAA", "data:image/png,x"):
        error = await refused(here, order(item("image", None, bad)))
        assert "content[0].image_url` specified" in error["message"]
        assert "resource download failed" in error["message"]
    await refused(here, order(item("image", None, sound)))


@BOTH
@pytest.mark.parametrize("url", ["x", "ftp://h/a.png", "//h/a.png", "http://", "file:///a.png"])
async def test_links_that_are_none(dialect: Dialect, url: str) -> None:
    error = await refused(world(dialect), order(item("image", None, url)))
    assert error["param"] == "content[0].image_url"
    assert "resource download failed" in error["message"]


@BOTH
async def test_assets_are_trusted_but_for_two(dialect: Dialect) -> None:
    here = world(dialect)
    trusted = "sim-image" if dialect.name == "ark" else "asset-20260606-abc"
    await accepted(here, order(TEXT, item("image", None, f"asset://{trusted}")))
    error = await refused(here, order(TEXT, item("image", None, "asset://sim-missing")))
    assert "The specified asset sim-missing is not found." in error["message"]
    assert error["param"] == "content[1].image_url.url"


@BOTH
@pytest.mark.parametrize(
    ("face", "media"),
    [
        (item("image", None, "asset://sim-face"), "Image"),
        (item("image", None, "https://example.com/face.png"), "Image"),
        (image("first_frame", face=1), "Image"),
        (video(face=1), "Video"),
    ],
)
async def test_real_faces_are_refused(dialect: Dialect, face: Any, media: str) -> None:
    error = await refused(world(dialect), order(TEXT, face))
    assert error["code"] == f"Input{media}SensitiveContentDetected.PrivacyInformation"
    assert error["message"].startswith(
        f"The request failed because the input {media.lower()} 'content[1]' may contain real person"
    )
    assert error["param"] == ""


@BOTH
@pytest.mark.parametrize(
    ("faces", "items"),
    [
        ((image(face=1), image(face=1)), "image 'content[1]', 'content[2]'"),
        ((image(face=1), IMAGE, video(face=1)), "image 'content[1]', video 'content[3]'"),
    ],
)
async def test_all_faces_of_an_order_are_named(dialect: Dialect, faces: Any, items: str) -> None:
    error = await refused(world(dialect), order(TEXT, *faces))
    assert error["code"] == "InputImageSensitiveContentDetected.PrivacyInformation"
    assert f"because the input {items} may contain real person." in error["message"]


@BOTH
async def test_a_dead_link_comes_before_a_face(dialect: Dialect) -> None:
    dead = item("image", "reference_image", "https://media.invalid/a.png")
    error = await refused(world(dialect), order(TEXT, image(face=1), dead))
    assert "resource download failed" in error["message"]


@BOTH
async def test_one_problem_is_reported_and_always_the_same(dialect: Dialect) -> None:
    body = order(FIRST, IMAGE, duration=3, resolution="9p", seed="x", ratio=5)
    fields = [await refused(world(dialect), body) for _ in range(2)]
    assert fields[0] == fields[1]
    assert fields[0]["param"] == "resolution"


@BOTH
@pytest.mark.parametrize(
    ("asked", "ratio"),
    [
        ([], "16:9"),
        ([item("image", None, "https://example.com/a.png")], "16:9"),
        ([image("first_frame", width=300, height=400)], "3:4"),
        ([image(width=300, height=400), video(width=1008, height=432)], "21:9"),
        ([image(width=400, height=400), image(width=900, height=400)], "1:1"),
    ],
)
async def test_adaptive_ratio(dialect: Dialect, asked: list[Any], ratio: str) -> None:
    here = world(dialect)
    for also in ({}, {"ratio": "adaptive"}):
        assert (await accepted(here, order(TEXT, *asked, **also))).order.ratio == ratio
