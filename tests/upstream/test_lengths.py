"""What strangers write is looked through once: in time that grows with its length, not faster."""

from collections.abc import Callable
from time import perf_counter

import pytest

from simulator.upstream.again import without_request
from simulator.upstream.comparing import plain
from simulator.upstream.passed import Passed, restored, written
from simulator.upstream.readdressing import client_address

FORM = "multipart/form-data; boundary=b"


@pytest.mark.parametrize(
    "read",
    [
        lambda: client_address(b'name="callback_url"\r\n' * 20_000, FORM),
        lambda: client_address(b'name="callback_url";' * 20_000, FORM),
        lambda: restored("secret", b"http://" * 50_000 + b" /passed/"),
        lambda: plain("a" * 200_000),
        lambda: without_request(" " * 200_000 + "x"),
    ],
    ids=["parts", "one part", "links", "a word", "blanks"],
)
def test_a_text_is_looked_through_once(read: Callable[[], object]) -> None:
    before = perf_counter()
    read()
    assert perf_counter() - before < 5  # and not minutes


def test_a_link_within_another_is_restored() -> None:
    link = Passed("cgt-1", "https://store.test/a.mp4?x=1")
    own = written("secret", "http://me.test", link).encode()
    body = b'{"url":"https://resize.test/http://there.test/","own":"%b"}'
    assert restored("secret", body % own) == body % link.url.encode()
    assert restored("secret", b"https://resize.test/" + own) == (
        b"https://resize.test/" + link.url.encode()
    )
