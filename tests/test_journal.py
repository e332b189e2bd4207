"""The journal: bounded, without secrets, and known by account."""

import json
from typing import Any

import pytest

from simulator.store import journal
from simulator.store.journal import Journal
from simulator.store.redaction import clean, hashed, shown
from simulator.store.summary import outline, shorten

KEY = "sk-somebody-1234"
SECRET = "0123456789abcdef" * 4


def exchange(book: Journal, account: str = KEY, reply: bytes = b"{}", **facts: Any) -> Any:
    facts.setdefault("body_size", len(facts.get("body", b"")))
    made = book.begin("GET", "/ark/x?a=1", ((b"Accept", b"*/*"),), 5)
    for name, value in {"account": account, **facts}.items():
        setattr(made, name, value)
    journal.answered(made, 200, {"Content-Type": "application/json"}, reply)
    book.end(made, lambda account: 7)
    return made


def test_it_keeps_what_fits_and_counts_what_it_drops() -> None:
    book = Journal(200_000)
    for number in range(500):
        exchange(book, f"sk-{number % 3}", reply=b"x" * 1000)
    kept = list(book.exchanges())
    assert book.bytes <= 200_000
    assert sum(one.bytes for one in kept) == book.bytes
    assert len(kept) + book.dropped == 500
    assert [one.number for one in kept] == list(range(501 - len(kept), 501))
    assert sum(len(list(book.exchanges(f"sk-{n}"))) for n in range(3)) == len(kept)


def test_the_last_exchange_is_kept_in_the_smallest_journal() -> None:
    book = Journal(0)
    exchange(book)
    exchange(book)
    assert [one.number for one in book.exchanges()] == [2]


def test_an_exchange_ends_on_its_own_account_at_the_time_it_has_then() -> None:
    book = Journal(real=lambda: 1000)
    quick, slow = (book.begin("GET", "/", (), at) for at in (5, 6))
    slow.real -= 1000
    unknown = book.begin("GET", "/", ())
    for one in (quick, slow, unknown):
        one.account = KEY
        book.end(one, lambda account: 9 if account == KEY else 0)
    assert [(one.at, one.ended) for one in (quick, slow, unknown)] == [(5, 5), (6, 9), (9, 9)]


def test_what_is_under_way_is_seen_and_never_dropped() -> None:
    book = Journal(0)
    waiting = book.begin("POST", "/ark/x", (), 1)
    waiting.account = KEY
    for _ in range(5):
        exchange(book)
    assert waiting in list(book.exchanges())
    assert next(iter(book.exchanges(KEY))) is waiting
    book.end(waiting, lambda account: 2)
    assert book.dropped == 5


async def test_one_account_can_be_forgotten() -> None:
    book = Journal()
    for account in ("sk-a", "sk-b", "sk-a"):
        exchange(book, account)
    assert await book.empty("sk-a") == 2
    assert [one.account for one in book.exchanges()] == ["sk-b"]
    assert await book.empty() == 1
    assert (list(book.exchanges()), book.bytes) == ([], 0)


async def test_an_exchange_that_ends_after_the_journal_was_emptied_is_let_go() -> None:
    book = Journal()
    waiting = book.begin("GET", "/", (), 1)
    await book.empty()
    book.end(waiting, lambda account: 2)
    assert (list(book.exchanges()), book.bytes) == ([], 0)


def test_notes_outside_of_an_exchange_go_nowhere() -> None:
    journal.enter(None)
    journal.remark("nothing")
    journal.fired("nothing")
    assert journal.current().notes == journal.current().faults == ()


def test_secrets_are_shown_as_hashes() -> None:
    book = Journal()
    link = (
        f"http://x/tos/a.mp4?X-Tos-Credential=AKLT{SECRET}&X-Tos-Expires=5&X-Tos-Signature={SECRET}"
    )
    body = json.dumps({"prompt": f"use {KEY} or sk-other-9876", "api_key": SECRET}).encode()
    one = exchange(book, reply=json.dumps({"video_url": link, "seen": KEY}).encode(), body=body)
    one.target = f"/ark/{KEY}/x?token={SECRET}&status=queued"
    given = {"Authorization": f"Bearer {KEY}", "X-Api-Key": SECRET, "Cookie": SECRET, "X-Own": KEY}
    one.headers = tuple((name.encode(), value.encode()) for name, value in given.items())
    text = json.dumps(shown(one))
    assert SECRET not in text
    assert KEY not in text
    assert "sk-" not in text
    assert shown(one)["key"] == hashed(KEY)
    assert shown(one)["request"]["headers"]["authorization"] == f"Bearer {hashed(KEY)}"
    assert "X-Tos-Expires=5" in shown(one)["reply"]["body"]["video_url"]
    assert "status=queued" in shown(one)["request"]["query"]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("https://user:pass@host/x", "https://…@host/x"),
        ("a task cgt-20260606-abcde stays", "a task cgt-20260606-abcde stays"),
        ("task-unified-1-abcdef", "task-unified-1-abcdef"),
        ({"completion_tokens": "108900"}, {"completion_tokens": "108900"}),
        ({"n": 1, "x": None, "l": [True]}, {"n": 1, "x": None, "l": [True]}),
        ("?X-Tos-SignedHeaders=host", "?X-Tos-SignedHeaders=host"),
        ("&X-Tos-Signature=abc", f"&X-Tos-Signature={hashed('abc')}"),
        ({"password": "abc"}, {"password": hashed("abc")}),
    ],
)
def test_only_secrets_are_redacted(given: Any, wanted: Any) -> None:
    assert clean(given, KEY) == wanted


def test_long_things_are_cut() -> None:
    picture = "data:image/png;base64," + "A" * 100_000
    found = shorten({"url": picture, "prompt": "x" * 5000, "many": list(range(1000))})
    assert len(found["url"]) < 150
    assert "100022 bytes, sha256 " in found["url"]
    assert found["prompt"].startswith("x" * 200)
    assert len(found["prompt"]) < 300
    assert (len(found["many"]), found["many"][-1]) == (201, "… (800 more)")
    deep: Any = "end"
    for _ in range(500):
        deep = [deep]
    assert len(json.dumps(shorten(deep))) < 100
    assert len(shorten({str(n): n for n in range(300)})) == 201


def test_forms_are_shown_by_their_parts() -> None:
    raw = (
        b'--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nA boat\r\n'
        b'--b\r\nContent-Disposition: form-data; name="video"; filename="a.mp4"\r\n'
        b"Content-Type: video/mp4\r\n\r\n" + b"\0" * 1000 + b"\r\n--b--\r\n"
    )
    prompt, video = outline(raw, "multipart/form-data; boundary=b")["parts"]
    assert prompt == {"name": "prompt", "text": "A boat"}
    assert (video["filename"], video["content_type"]) == ("a.mp4", "video/mp4")
    assert (video["size"], len(video["sha256"])) == (1000, 16)


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b"", None),
        (b"<html>", "<html>"),
        (b"\xff\xfe\0\0", None),
        (b"[" * 100_000, "[" * 2000),
    ],
)
def test_what_is_not_json_is_known_by_size_and_hash(body: bytes, wanted: str | None) -> None:
    found = outline(body, "text/plain")
    assert found is None if not body else found["size"] == len(body)
    assert (found or {}).get("text") == wanted


def test_long_bodies_are_kept_in_outline() -> None:
    book = Journal()
    body = json.dumps({"image": "data:image/png;base64," + "A" * 1_000_000}).encode()
    one = exchange(book, body=body)
    assert one.body is None
    assert one.bytes < 10_000
    assert "1000022 bytes" in shown(one)["request"]["body"]["image"]
    wide = exchange(book, body=json.dumps([[n] * 100 for n in range(10_000)]).encode())
    assert wide.bytes < 100_000


def test_long_replies_and_clips_are_known_by_their_size() -> None:
    book = Journal()
    assert exchange(book, reply=b"x" * 2_000_000).reply is None
    clip = exchange(book, kind="download", reply=b"x" * 1000)
    assert (clip.reply, clip.reply_size) == (None, 1000)
