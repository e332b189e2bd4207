"""Readers of the journal as it grows: bounded in number and memory, with one redaction for all."""

from typing import Any

import pytest
from aiohttp import ClientSession, web

from simulator.control import feed
from simulator.control.feed import AT_A_TIME, MOST_READERS, MOST_WAITING, Feed, Telling
from simulator.store import redaction
from simulator.store.journal import Journal
from tests.serving import serve
from tests.test_journal import exchange


def test_an_exchange_is_put_into_words_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    plain = redaction.shown

    def counting(one: Any) -> Any:
        made.append(one.number)
        return plain(one)

    monkeypatch.setattr(redaction, "shown", counting)
    book, telling = Journal(), Telling()
    readers = [Feed(lambda one: True, telling) for _ in range(40)]
    for _ in range(5):
        one = exchange(book)
        for reader in readers:
            reader.add(one)
    texts = {reader.take() for reader in readers}
    assert len(texts) == 1
    assert texts.pop().count(b"event: call") == 5
    assert made == [1, 2, 3, 4, 5]


def test_a_reader_is_given_a_few_at_a_time_and_loses_none() -> None:
    book, reader = Journal(), Feed(lambda one: True, Telling())
    for _ in range(MOST_WAITING + 5):
        reader.add(exchange(book))
    seen = []
    while reader.news.is_set():
        text = reader.take()
        assert text.count(b"event: call") <= AT_A_TIME
        seen += [line for line in text.split(b"\n") if line.startswith((b"id: ", b": "))]
    assert len(seen) == MOST_WAITING + 1
    assert seen[-1] == b": 5 exchanges were left out"


def test_what_waits_for_a_reader_is_bounded_in_bytes() -> None:
    book, reader = Journal(), Feed(lambda one: True, Telling())
    for _ in range(30):
        reader.add(exchange(book, reply=b'"%s"' % (b"x" * 1_000_000)))
    kept = 0
    while reader.news.is_set():
        kept += reader.take().count(b"event: call")
    assert kept <= 1 + feed.MOST_BYTES // 1_000_000


async def test_so_many_may_read_along_and_no_more() -> None:
    headers = {"Accept": "text/event-stream"}
    async with serve() as server, ClientSession() as client:
        url = f"{server.base}/_sim/calls"
        readers = [await client.get(url, headers=headers) for _ in range(MOST_READERS)]
        assert {answer.status for answer in readers} == {200}
        async with client.get(url, headers=headers) as answer:
            assert answer.status == 503
            assert (await answer.json())["error"]["code"] == "busy"
        async with client.get(url) as answer:
            assert answer.status == 200
        readers[0].close()
        while True:
            async with client.get(url, headers=headers) as answer:
                if answer.status == 200:
                    break
        for one in readers:
            one.close()
    assert isinstance(server.app, web.Application)
