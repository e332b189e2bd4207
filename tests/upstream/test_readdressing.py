"""The address to call in an order: found in each form of body, and exchanged, with no more."""

import pytest

from simulator.upstream.readdressing import client_address, exchanged


@pytest.mark.parametrize(
    ("body", "kind", "found", "made"),
    [
        (b'{"a": 1, "callback_url" : "https:\\/\\/a.test\\/x"}', "application/json", True, None),
        (b'{"metadata":{"callback_url":"https://a.test/x"}}', "application/json", True, None),
        (b'{"prompt":"\\"callback_url\\":\\"https://a.test/x\\""}', "", False, None),
        (b'{"callback_url": 7, "callback_url ": "https://a.test/x"}', "", False, None),
        (b'{"callback_url": "ftp://a.test/x"}', "", False, None),
        (
            b'--b\r\nContent-Disposition: form-data; name="callback_url"\r\n\r\n'
            b"https://a.test/x\r\n--b--",
            "multipart/form-data; boundary=b",
            True,
            None,
        ),
        (
            b'--b\r\nContent-Disposition: form-data; name="callback_url_note"\r\n\r\n'
            b"https://a.test/x\r\n--b--",
            "multipart/form-data; boundary=b",
            False,
            None,
        ),
        (
            b"a=b&callback_url=https%3A%2F%2Fa.test%2Fx&c=d",
            "application/x-www-form-urlencoded",
            True,
            b"a=b&callback_url=https%3A%2F%2Fme.test%2Fcalled&c=d",
        ),
    ],
)
def test_only_the_address_is_exchanged(
    body: bytes, kind: str, found: bool, made: bytes | None
) -> None:
    assert client_address(body, kind) == ("https://a.test/x" if found else "")
    other = exchanged(body, kind, "https://me.test/called")
    plain = body.replace(b"https:\\/\\/a.test\\/x", b"https://me.test/called")
    expected = made or plain.replace(b"https://a.test/x", b"https://me.test/called")
    assert other == (expected if found else body)
