"""What the command line's texts mean: numbers, money, times, addresses, pairs."""

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from urllib.parse import urlsplit

from conformance.catalogue import documents

TOKEN = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)
FRAMING = ("content-length", "transfer-encoding", "connection", "host", "content-type")


class UsageError(ValueError):
    """Options that cannot be used; the message is for the user."""


def meant(wish: str, known: Iterable[str]) -> str:
    """The end of a complaint about a name that is none: those that are like it."""
    near = get_close_matches(wish, known, 3, 0.5)
    return f": did you mean {', '.join(near)}?" if near else ""


def base_url(text: str, dialect: str) -> str:
    """The address without a slash at its end, and without what the dialect's paths begin with."""
    base = str(address(text, "--base-url")).rstrip("/")
    known = dialect in documents.dialects()
    return base.removesuffix(documents.catalogue(dialect).dialect.prefix) if known else base


def address(text: str | None, name: str) -> str | None:
    """An http or https address without credentials, query and fragment."""
    if text is None:
        return None
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not text.isprintable() or " " in text:
        raise UsageError(f"{name} {text[:200]!r} is no http or https address")
    if "@" in parts.netloc:
        raise UsageError(f"{name} has a name or password in it: give the key with --api-key")
    if parts.query or parts.fragment:
        raise UsageError(f"{name} {text[:200]!r} has more than a host and a path")
    return text


def api_key(text: str | None, name: str) -> str | None:
    """A key as a header can hold it."""
    key = text.strip() if text else ""
    if not key.isascii() or not key.isprintable() or " " in key:
        raise UsageError(f"{name} holds what no key holds: a space, a line end or a letter like ü")
    return key or None


def header(text: str) -> tuple[str, str]:
    """A header to send along."""
    name, value = pair(text, ":", "--header")
    if not TOKEN.fullmatch(name) or not value.isprintable() or name.lower() in FRAMING:
        raise UsageError(f"--header {text[:200]!r} is no header that can be sent along")
    return name, value


def is_loopback(url: str) -> bool:
    """Whether an address is this machine's own."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.") or host.endswith(".localhost")


def number(text: str | None, name: str) -> int | None:
    """A whole number that is not negative."""
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise UsageError(f"{name} {text[:40]!r} is no number")
    return int(text)


def positive(text: str | None, name: str) -> float | None:
    """A number above nought."""
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.001 <= value < 1e6:
        raise UsageError(f"{name} {text[:40]!r} is no number above 0")
    return value


def money(text: str | None) -> Decimal | None:
    """An amount of US dollars."""
    if text is None:
        return None
    try:
        value = Decimal(text.lstrip("$"))
    except InvalidOperation:
        value = Decimal(-1)
    if not value.is_finite() or not 0 <= value < 10**9:
        raise UsageError(f"--max-cost {text[:40]!r} is no amount of US dollars")
    return value


def pair(text: str, mark: str, name: str) -> tuple[str, str]:
    """Two texts with a mark between them."""
    first, found, second = text.partition(mark)
    if not found or not first.strip() or "\n" in text or "\r" in text:
        raise UsageError(f"{name} {text!r} has to have the form A{mark}B")
    return first.strip(), second.strip()


def listen(text: str | None) -> tuple[str, int] | None:
    """Host and port."""
    if text is None:
        return None
    host, _, port = text.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()) or int(port[:6]) > 65535:
        raise UsageError(f"--callback-listen {text!r} has to have the form HOST:PORT")
    return host, int(port)


def duration(text: str) -> float:
    """Seconds of `90s`, `15m`, `1h`."""
    unit = {"s": 1, "m": 60, "h": 3600}.get(text[-1:], 0)
    digits = text[:-1] if unit else text
    try:
        value = float(digits) * (unit or 1)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e7:
        raise UsageError(f"--max-wait {text!r} is no length of time such as 15m")
    return value
