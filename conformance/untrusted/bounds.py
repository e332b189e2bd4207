"""Links and long texts: told apart, changed on purpose, cut to what a report can show."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit


def is_link(value: str) -> bool:
    """Whether a text is an absolute address."""
    try:
        parts = urlsplit(value)
    except ValueError:  # as of `http://[::1`
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def tampered(link: str) -> str:
    """The link with one character of its signature or its path changed."""
    last = link[-1] if "X-Tos-Signature=" not in link else ""
    if not last:
        head, _, tail = link.partition("X-Tos-Signature=")
        swapped = "0" if tail[:1] != "0" else "1"
        return f"{head}X-Tos-Signature={swapped}{tail[1:]}"
    return link[:-1] + ("0" if last != "0" else "1")


def shorten(url: str, base: str) -> str:
    """The path of a call to the endpoint; another host's address as it is."""
    return url.removeprefix(base) or "/"


def bounded(value: Any) -> Any:
    """The value with very long texts cut."""
    if isinstance(value, str):
        return value if len(value) <= 2000 else f"{value[:200]}… ({len(value)} characters)"
    if isinstance(value, Mapping):
        return {bounded(key): bounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [bounded(item) for item in value]
    return value
