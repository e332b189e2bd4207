import asyncio
import io
import os
import select
import shutil
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from simulator.clips.spec import ClipSpec, Picture
from simulator.clips.studio import Studio, StudioError, label_box
from tests.clips.decoders import picture, seen
from tests.clips.specs import image, spec

ENDINGS = [
    spec(),
    spec(width=1470, height=630, frames=30, camera_fixed=True),
    spec(width=834, height=1112, frames=26, first=image(2)),
    spec(width=992, height=432, frames=48, first=image(2), last=image(5)),
]


def outside(whole: Image.Image, wanted: ClipSpec) -> Image.Image:
    """The picture with its label blackened."""
    box = label_box(wanted, "fast")
    made = whole.copy()
    made.paste(0, (box.left, box.top, box.right, box.bottom))
    return made


async def last(studio: Studio, wanted: ClipSpec) -> tuple[Image.Image, Image.Image]:
    """The picture that ends the clip, and the one that is sold as such."""
    clip, still = await asyncio.gather(studio.clip(wanted), studio.last_frame(wanted))
    decoded = picture(seen(clip.data).frames[-1])
    return decoded, Image.open(io.BytesIO(still.data))


def differ(one: Image.Image, other: Image.Image) -> bool:
    return ImageChops.difference(one, other).getbbox() is not None


@pytest.mark.parametrize("wanted", ENDINGS)
async def test_the_last_frame_is_the_decoded_one(studio: Studio, wanted: ClipSpec) -> None:
    assert not differ(*await last(studio, wanted))


@pytest.mark.parametrize("wanted", ENDINGS)
async def test_the_last_frame_bears_no_label(studio: Studio, wanted: ClipSpec) -> None:
    marked = spec(**{name: getattr(wanted, name) for name in CHANGED}, watermark=True)
    decoded, still = await last(studio, marked)
    assert differ(decoded, still)
    assert not differ(outside(decoded, marked), outside(still, marked))


CHANGED = ("width", "height", "frames", "camera_fixed", "first", "last")


@pytest.mark.parametrize("changes", [{}, {"first": image(1), "sound": False}])
async def test_the_same_order_gives_the_same_bytes(changes: dict[str, bytes]) -> None:
    made = []
    for _ in range(2):
        studio = Studio()
        made.append((await studio.clip(spec(**changes)), await studio.last_frame(spec(**changes))))
        await studio.close()
    assert made[0] == made[1]


@pytest.mark.parametrize(
    "changes",
    [
        {"task": "cgt-20260101000000-zzzzz"},
        {"prompt": "A blue kite"},
        {"seed": 8},
        {"camera_fixed": True},
        {"draft": True},
        {"tier": "flex"},
        {"watermark": True},
        {"first": image(2)},
        {"references": (Picture("image", "a.png", image(3)),)},
        {"references": (Picture("audio", "song.mp3"),)},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_what_was_asked_is_seen(studio: Studio, changes: dict[str, object]) -> None:
    plain = await studio.clip(spec(frames=40))
    other = await studio.clip(spec(frames=40, **changes))
    assert plain.etag != other.etag
    pictures = [picture(seen(clip.data).frames[-1]) for clip in (plain, other)]
    assert differ(*pictures)


async def test_the_picture_starts_and_ends_on_the_images(studio: Studio) -> None:
    wanted = spec(width=640, height=640, first=image(2), last=image(5))
    frames = seen((await studio.clip(wanted)).data).frames
    for data, frame in ((image(2), frames[0]), (image(5), frames[-1])):
        asked = Image.open(io.BytesIO(data)).crop((100, 0, 700, 600)).resize((40, 40))
        shown = picture(frame).resize((40, 40))
        assert max(ImageChops.difference(asked, shown).tobytes()) < 40


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "\x00\x07\x1b[31m tab\tline\nfeed\u2028\ud800",
        "kite " * 200_000,
        "x" * 1_000_000,
        "\u0637\u0627\u0626\u0631\u0629 (35mm) \u0648\u0631\u0642\u064a\u0629 kite 24",
        "\u05e2\u05e4\u05d9\u05e4\u05d5\u05df (red) \u05d0\u05d3\u05d5\u05dd",
        "\U0001fa81 kite \U0001f469\U0001f3fd\u200d\U0001f680 \u2b50\ufe0f \U0001f1fa\U0001f1f3",
        "\u7ea2\u8272\u7684\u98ce\u7b5d\uff0c\u98de\u8fc7\u5927\u6d77\u3002" * 40,
        "\u0e2a\u0e35\u0e41\u0e14\u0e07 \u0932\u093e\u0932 \uac00\uc624\ub9ac \u51e7\u3042\u3052",
        "\u202e\u2066 override \u200f\U000e0001 \U0010ffff \ufffe",
        "%{pts}'; [x]movie=/etc/passwd --ratio 16:9 --dur 5",
    ],
    ids=lambda prompt: prompt[:6].encode("unicode_escape").decode(),
)
async def test_any_text_can_be_drawn(studio: Studio, prompt: str) -> None:
    wanted = spec(prompt=prompt, task=prompt[:3000] or "-", model=prompt[:300], frames=2)
    assert len(seen((await studio.clip(wanted)).data).frames) == 2
    wide = spec(prompt=prompt, frames=20, first=image(2), width=992, height=432)
    assert len(seen((await studio.clip(wide)).data).frames) == 20


async def test_a_broken_image_is_replaced_by_the_landscape(studio: Studio) -> None:
    broken = image(2)[:2000]
    pictures = (Picture("image", "cut.png", broken), Picture("video", "clip.mp4", b"?"))
    wanted = spec(first=broken, references=pictures, frames=30)
    assert len(seen((await studio.clip(wanted)).data).frames) == 30


async def test_one_order_is_rendered_once_at_a_time() -> None:
    studio = Studio()
    first, second = await asyncio.gather(studio.clip(spec()), studio.clip(spec()))
    assert first.data is second.data
    await studio.close()


async def test_a_missing_ffmpeg_is_one_plain_sentence() -> None:
    studio = Studio(ffmpeg="/nonexistent/ffmpeg", mode="full")
    with pytest.raises(StudioError, match=r"^ffmpeg cannot be started: No such file or dir.*\.$"):
        await studio.clip(spec())
    await studio.close()


@pytest.mark.slow
async def test_after_a_killed_ffmpeg_the_next_render_works(tmp_path: Path) -> None:
    import imageio_ffmpeg

    tool = tmp_path / "ffmpeg"
    tool.write_text("#!/bin/sh\nkill -9 $$\n", "utf-8")
    tool.chmod(0o755)
    studio = Studio(ffmpeg=str(tool), mode="full")
    with pytest.raises(StudioError, match=r"^ffmpeg was killed by signal 9\.$"):
        await studio.clip(spec())
    tool.unlink()
    tool.symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
    assert (await studio.clip(spec())).data
    await studio.close()


async def test_a_slow_ffmpeg_is_killed_with_its_children(tmp_path: Path) -> None:
    tool = tmp_path / "ffmpeg"
    tool.write_text(f"#!/bin/sh\nsleep 1000 & echo $! > {tmp_path}/child\nwait\n", "utf-8")
    tool.chmod(0o755)
    child = tmp_path / "child"
    for limit in (0.5, 5.0, 50.0):  # on a busy machine it takes a while until there is a child
        studio = Studio(ffmpeg=str(tool), mode="full", limit=limit)
        with pytest.raises(StudioError) as caught:
            await studio.clip(spec())
        assert str(caught.value) == f"ffmpeg took longer than {limit} seconds."
        await studio.close()
        if child.exists() and child.read_text("utf-8"):
            break
    assert ended(int(child.read_text("utf-8")))


def ended(pid: int) -> bool:
    """Whether a process that was sent a signal ends within ten seconds."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    found, _, _ = select.select([handle], [], [], 10)
    os.close(handle)
    return bool(found)


async def test_a_cache_that_vanishes_or_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    studio = Studio(cache_dir=folder)
    await studio.clip(spec())
    assert list(folder.iterdir())
    shutil.rmtree(folder)
    folder.write_text("no folder", "utf-8")
    assert (await studio.clip(spec(seed=99, width=752, height=560))).data
    await studio.close()


@pytest.mark.slow
async def test_a_second_studio_needs_no_ffmpeg_for_what_is_kept(tmp_path: Path) -> None:
    studio = Studio(mode="full", cache_dir=tmp_path)
    clip = await studio.clip(spec())
    await studio.close()
    other = Studio(mode="full", ffmpeg="/nonexistent/ffmpeg", cache_dir=tmp_path)
    assert await other.clip(spec()) == clip
    with pytest.raises(StudioError):
        await other.clip(spec(prompt="Another"))
    await other.close()


async def test_the_fast_renderer_needs_no_ffmpeg() -> None:
    studio = Studio(ffmpeg="/nonexistent/ffmpeg")
    assert (await studio.clip(spec(sound=True, camera_fixed=True))).data
    await studio.close()


async def test_spoilt_and_abandoned_files_do_no_harm(tmp_path: Path) -> None:
    studio = Studio(cache_dir=tmp_path)
    clip = await studio.clip(spec())
    await studio.close()
    spoil(tmp_path)
    studio = Studio(cache_dir=tmp_path)
    assert not (tmp_path / "left.part").exists()
    assert await studio.clip(spec()) == clip
    await studio.close()


def spoil(folder: Path) -> None:
    """Cut all files, and leave one that nobody finished."""
    for file in folder.iterdir():
        file.write_bytes(file.read_bytes()[:-5])
    left = folder / "left.part"
    left.write_bytes(b"half")
    os.utime(left, (0, 0))


async def test_a_full_disk_is_one_plain_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/dev/full")
    studio = Studio(mode="full")
    with pytest.raises(StudioError, match=r"^The clip's files cannot be written: .*\.$"):
        await studio.clip(spec(frames=24))
    monkeypatch.undo()
    assert (await studio.clip(spec(frames=24))).data
    await studio.close()
