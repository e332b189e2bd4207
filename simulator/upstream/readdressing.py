"""The address for callbacks in an order, found and exchanged without changing a byte beside it.

It is looked for by its name, which all dialects share, and not by what their documents read: a real
endpoint may know more than its documents say.
"""

import json
import re
from collections.abc import Callable, Iterable
from urllib.parse import quote_plus, unquote_plus

from simulator.core.addresses import LONGEST, parse

PLACE = "called"
_NAME = rb"callback_url"
# In JSON; in a form, whose parts may be JSON as well; in the body of an HTML form.
_JSON = re.compile(rb'("%b"\s*:\s*")((?:[^"\\]|\\.)*)(?=")' % _NAME)
# A part without an empty line ahead of its content is found as well, with nothing in it: what was
# looked through is then not looked through again.
_PART = re.compile(
    rb'(\bname="?%b"?(?=[;\s])[^\r\n]*(?:\r\n[^\r\n]+)*(?:\r\n\r\n)?)([^\r\n]*)' % _NAME
)
_PAIR = re.compile(rb"((?:^|&)%b=)([^&]*)" % _NAME)
_TOKEN = rb"/%b/([0-9a-f]{32})" % PLACE.encode()

Form = tuple[re.Pattern[bytes], Callable[[str], str], Callable[[str], str]]


def client_address(body: bytes, content_type: str) -> str:
    """Where an order has its client called; empty where it is not, or at no address."""
    if _NAME not in body:
        return ""
    for pattern, read, _ in _forms(content_type):
        for found in pattern.finditer(body):
            url = read(found[2].decode("utf-8", "replace"))
            if _callable(url):
                return url
    return ""


def exchanged(body: bytes, content_type: str, own: str) -> bytes:
    """The same order with another address to call."""
    for pattern, read, write in _forms(content_type):

        def one(
            found: re.Match[bytes],
            read: Callable[[str], str] = read,
            write: Callable[[str], str] = write,
        ) -> bytes:
            if not _callable(read(found[2].decode("utf-8", "replace"))):
                return found[0]
            return found[1] + write(own).encode()

        body = pattern.sub(one, body)
    return body


def tokens_in(raw: bytes, base: str) -> list[str]:
    """The tokens of this server's own addresses in an answer."""
    if f"/{PLACE}/".encode() not in raw:
        return []
    found = re.findall(re.escape(base.encode()) + _TOKEN, raw)
    return [token.decode() for token in dict.fromkeys(found)]


def _callable(url: str) -> bool:
    return len(url) <= LONGEST and url.startswith(("http://", "https://")) and bool(parse(url))


def _forms(content_type: str) -> Iterable[Form]:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return ((_PAIR, unquote_plus, quote_plus),)
    json_form: Form = (_JSON, _unescaped, lambda url: json.dumps(url)[1:-1])
    if kind == "multipart/form-data":
        return ((_PART, str, str), json_form)
    return (json_form,)


def _unescaped(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:
        return ""
