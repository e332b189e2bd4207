"""Sample links state their facts; data URLs carry their bytes, and no more than allowed."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.core.media import Facts
from simulator.media.link import decode_data_url, facts_of_link
from simulator.media.reading import Unreadable

HOST = "http://127.0.0.1:8000/_sim/media"


def test_a_bare_link_has_ordinary_properties() -> None:
    image, video, audio = (facts_of_link(f"{HOST}/{kind}") for kind in ("image", "video", "audio"))
    assert image == Facts("image", "png", 278_528, 1024, 1024)
    assert video == Facts("video", "mp4", 3_521_536, 1280, 720, 5000, 24)
    assert audio == Facts("audio", "wav", 481_024, ms=5000, channels=1)


def test_the_query_states_each_property() -> None:
    query = "width=299&height=6001&format=jpg&size=30000001&face=1"
    image = facts_of_link(f"https://any.host.example/prefix/_sim/media/image?{query}")
    assert image == Facts("image", "jpeg", 30_000_001, 299, 6001, face=True)
    query = "width=640&height=640&seconds=15.125&fps=23.976&format=mov&size=5&channels=2"
    video = facts_of_link(f"{HOST}/video?{query}")
    assert video == Facts("video", "mov", 5, 640, 640, 15_125, 23.976, 2)
    audio = facts_of_link(f"{HOST}/audio?seconds=1.9&format=mp3&size=9&channels=2")
    assert audio == Facts("audio", "mp3", 9, ms=1900, channels=2)


def test_what_else_stands_in_a_link_does_not_count() -> None:
    signed = "width=300&X-Tos-Signature=0f&X-Tos-Expires=86400&wdith=5"
    assert facts_of_link(f"{HOST}/image?{signed}") == facts_of_link(f"{HOST}/image?width=300")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("image.png", "png"),
        ("image.jpg", "jpeg"),
        ("image/photo.tif", "tiff"),
        ("image/photo.heic", "heic"),
        ("image/photo", "png"),
        ("video.mov", "mov"),
        ("video/clip.mov", "mov"),
        ("audio/song.mp3", "mp3"),
        ("audio/song.mp3?format=wav", "wav"),
    ],
)
def test_a_suffix_gives_the_format(path: str, name: str) -> None:
    facts = facts_of_link(f"{HOST}/{path}")
    assert facts is not None
    assert facts.format == name


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://example.com/image.png",
        "https://example.com/?next=/_sim/media/image",
        "https://example.com/#/_sim/media/image",
        "https://example.com/_sim/media/text",
        "https://example.com/_sim/media/image/a/b.png",
        "https://example.com/_sim/media/images",
        "ftp://example.com/_sim/media/image",
        "/_sim/media/image",
        "data:image/png;base64,AAAA",
    ],
)
def test_any_other_link_says_nothing(url: str) -> None:
    assert facts_of_link(url) is None


@pytest.mark.parametrize(
    "tail",
    [
        "image?width=",
        "image?width=0",
        "image?width=16385",
        "image?width=-5",
        "image?width=1e3",
        "image?width=3.5",
        "image?width=%D9%A1",
        "image?height=9999999999999999",
        "image?format=mp4",
        "image?face=yes",
        "image?size=0",
        "image.exe",
        "video?seconds=0",
        "video?seconds=nan",
        "video?seconds=86401",
        "video?fps=0",
        "video?fps=1001",
        "audio?channels=0",
        "audio.png",
        "image?" + "a&" * 100,
    ],
)
def test_bad_values_are_refused(tail: str) -> None:
    with pytest.raises(Unreadable, match=r"\.$"):
        facts_of_link(f"{HOST}/{tail}")


def test_a_malformed_host_is_refused() -> None:
    with pytest.raises(Unreadable):
        facts_of_link("http://[::1/_sim/media/image")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_no_text_does_anything_else(text: str) -> None:
    for url in (text, f"{HOST}/image?{text}", f"{HOST}/{text}"):
        try:
            facts = facts_of_link(url)
        except Unreadable:
            continue
        assert facts is None or isinstance(facts, Facts)


def data_url(data: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64," + base64.b64encode(data).decode()


@pytest.mark.parametrize("length", range(8))
def test_a_data_url_holds_up_to_its_limit(length: int) -> None:
    data = bytes(range(length))
    assert decode_data_url(data_url(data), length) == data
    assert decode_data_url(data_url(data, "audio/mpeg"), length) == data
    if length:
        with pytest.raises(Unreadable, match="more than"):
            decode_data_url(data_url(data), length - 1)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "AAAA",
        "data:,AAAA",
        "data:image/png,AAAA",
        "data:image/PNG;base64,AAAA",
        "data:text/plain;base64,AAAA",
        "data:image/png;base64,AAA",
        "data:image/png;base64,AA=A",
        "data:image/png;base64,AAAA====",
        "data:image/png;base64,AA AA",
        "data:image/png;base64,AAAA\n",
        "data:image/png;base64,AA-_",
        "data:image/png;base64,ÄAAA",
    ],
)
def test_a_malformed_data_url_is_refused(url: str) -> None:
    with pytest.raises(Unreadable, match=r"\.$"):
        decode_data_url(url, 1000)


def test_an_oversized_data_url_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(Unreadable, match="more than"):
        decode_data_url("data:image/png;base64," + "!" * 4_000_000, 1000)
