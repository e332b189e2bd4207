"""Request bodies: what is legal becomes a value, everything else a refusal, never a crash."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from simulator.core.problems import Kind, Refusal
from simulator.engine.bodies import MOST_PARTS, Upload, form, json_object, parts_of
from simulator.engine.call import Call
from tests.driving import encode_form


def call(raw: bytes, content_type: str | None) -> Call:
    async def read(limit: int) -> bytes:
        return raw

    headers: CIMultiDict[str] = CIMultiDict()
    if content_type is not None:
        headers["Content-Type"] = content_type
    return Call("POST", "/", headers=headers, read=read)


async def as_json(raw: bytes, content_type: str | None = "application/json") -> Any:
    return await json_object(call(raw, content_type))


async def as_form(raw: bytes, content_type: str | None) -> Any:
    return await form(call(raw, content_type))


async def problem(doing: Any) -> Kind:
    with pytest.raises(Refusal) as caught:
        await doing
    return caught.value.problem.kind


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"", Kind.UNREADABLE),
        (b"nope", Kind.UNREADABLE),
        (b"{", Kind.UNREADABLE),
        (b"[]", Kind.NOT_OBJECT),
        (b"null", Kind.NOT_OBJECT),
        (b'"text"', Kind.NOT_OBJECT),
        (b"[" * 10_000 + b"]" * 10_000, Kind.UNREADABLE),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, Kind.UNREADABLE),
        (b'{"a":NaN}', Kind.UNREADABLE),
        (b'{"a":Infinity}', Kind.UNREADABLE),
        (b'{"a":1e999}', Kind.UNREADABLE),
        (b'{"a":"\\ud800"}', Kind.UNREADABLE),
        (b'{"a":"\\ud800x"}', Kind.UNREADABLE),
        (b'{"a":"\\udc00"}', Kind.UNREADABLE),
        (b'{"\\udc00":1}', Kind.UNREADABLE),
        (b'{"a":"\\u0000"}', Kind.UNREADABLE),
        (b'{"a":{"b":["x\\u0000y"]}}', Kind.UNREADABLE),
        (b'{"\\u0000":1}', Kind.UNREADABLE),
        (b'{"a":"\x00"}', Kind.UNREADABLE),
        (b'{"a":"\xff"}', Kind.UNREADABLE),
        (b"\xef\xbb\xbf{}", Kind.UNREADABLE),
    ],
)
async def test_json_that_is_refused(raw: bytes, kind: Kind) -> None:
    assert await problem(as_json(raw)) is kind


async def test_json_that_is_legal() -> None:
    assert await as_json(b'{"a":1,"a":2}') == {"a": 2}
    assert await as_json(b'{"a":null,"b":"\\\\u0000"}') == {"a": None, "b": "\\u0000"}
    assert await as_json('{"a":"日本 \\ud83d\\ude00"}'.encode()) == {"a": "日本 😀"}
    assert await as_json(b"{}", "application/json; charset=utf-8") == {}
    long = "x" * 1_000_000
    assert await as_json(f'{{"a":"{long}"}}'.encode()) == {"a": long}


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "multipart/form-data", "x" * 99])
async def test_json_under_another_content_type(content_type: str | None) -> None:
    assert await problem(as_json(b"{}", content_type)) is Kind.CONTENT_TYPE


async def test_form_of_texts_and_files() -> None:
    raw, content_type = encode_form({"model": "m", "片": "值", "video": b"\x00\xff"})
    found = await as_form(raw, content_type)
    assert found == {
        "model": "m",
        "片": "值",
        "video": Upload("video.bin", "application/octet-stream", b"\x00\xff"),
    }


async def test_form_that_is_refused() -> None:
    raw, content_type = encode_form({"a": "1", "b": "2"})
    assert await problem(as_form(raw, "application/json")) is Kind.CONTENT_TYPE
    assert await problem(as_form(raw, None)) is Kind.CONTENT_TYPE
    assert await problem(as_form(raw, "multipart/form-data")) is Kind.UNREADABLE
    assert await problem(as_form(raw, "multipart/form-data; boundary=other")) is Kind.UNREADABLE
    assert await problem(as_form(b"", content_type)) is Kind.UNREADABLE
    twice = raw.replace(b'"b"', b'"a"')
    assert await problem(as_form(twice, content_type)) is Kind.UNREADABLE
    assert len((await parts_of(call(twice, content_type)))["a"]) == 2
    nameless = raw.replace(b'; name="a"', b"")
    assert await problem(as_form(nameless, content_type)) is Kind.UNREADABLE
    binary = raw.replace(b"1", b"\xff\xfe")
    assert await problem(as_form(binary, content_type)) is Kind.UNREADABLE
    nul = raw.replace(b"1", b"\x00")
    assert await problem(as_form(nul, content_type)) is Kind.UNREADABLE
    header = raw.replace(b"form-data", b"form-data" + b" " * 70_000, 1)
    assert await problem(as_form(header, content_type)) is Kind.UNREADABLE
    many, content_type = encode_form({f"p{n}": "" for n in range(MOST_PARTS + 1)})
    assert await problem(as_form(many, content_type)) is Kind.UNREADABLE


async def test_form_cut_anywhere_is_refused() -> None:
    raw, content_type = encode_form({"a": "1", "video": b"abc"})
    for end in range(len(raw) - 4):
        assert await problem(as_form(raw[:end], content_type)) is Kind.UNREADABLE, end


@given(st.binary(max_size=300), st.text(max_size=40))
async def test_no_bytes_crash_the_readers(raw: bytes, content_type: str) -> None:
    for kind in ("application/json", "multipart/form-data; boundary=b", content_type):
        for reader in (as_json, as_form):
            with contextlib.suppress(Refusal):
                await reader(raw, kind)
