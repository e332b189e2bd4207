"""Links and long texts: told apart, changed on purpose, cut to what a report can show."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

# Where a signed link says when it ends, by the names that stores of files use.
END = re.compile(r"(?<=[?&])((?:[\w-]*expir\w*|exp)=)([0-9]{1,12})(?=&|$)", re.IGNORECASE)
LONGER_S = 3600
# What a link is signed with, by the names of its parameters.
SIGNED = re.compile(r"[?&][\w-]*(sig|sign|signature|token|auth_key)=", re.IGNORECASE)


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


def prolonged(link: str) -> str | None:
    """The link with its end an hour later, as by hand; None where it does not say when it ends."""
    later, found = END.subn(lambda end: f"{end[1]}{int(end[2]) + LONGER_S}", link, count=1)
    return later if found else None


def unsigned(link: str) -> str | None:
    """The link without its parameters; None where none of them signs it."""
    return link.partition("?")[0] if SIGNED.search(link) else None


# What stands for a link in the path of a probe, and what is made of the link before it is used.
USED: Mapping[str, Callable[[str], str | None]] = {
    "{link}": str,
    "{tampered}": tampered,
    "{prolonged}": prolonged,
    "{unsigned}": unsigned,
}


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
