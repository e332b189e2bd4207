"""What single settings may be: each reads a text, or raises a ValueError that says what it must be.

The sentence of the error begins with the setting's name, which its caller puts there.
"""

import os
import re
from collections.abc import Callable
from typing import Any

# Plain segments, so that the path stands in links as it was given.
PUBLIC_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*/?")
FASTEST, SLOWEST = 1_000_000.0, 0.001
STORE_URLS = ("valkey", "valkeys", "redis", "rediss", "unix", "sentinel")


def text(given: str) -> str:
    """Any printable text, without blanks at its ends."""
    if not given.isprintable() or given != given.strip():
        raise ValueError("must be plain text")
    return given


def token(given: str) -> str:
    """A token that a header can carry."""
    if not given.isascii() or not given.isprintable() or " " in given:
        raise ValueError("must be ASCII without spaces")
    return given


def whole(least: int, most: int) -> Callable[[str], int]:
    """Reads an integer between two bounds."""

    def read(given: str) -> int:
        digits = given.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and least <= int(given[:30]) <= most):
            raise ValueError(f"must be a whole number from {least} to {most}, not {given!r}")
        return int(given)

    return read


def one_of(*words: str) -> Callable[[str], str]:
    """Reads one of some words."""

    def read(given: str) -> str:
        if given not in words:
            raise ValueError(f"must be {' or '.join(words)}, not {given!r}")
        return given

    return read


def store(given: str) -> str:
    """Where accounts are kept: in memory, in a file, or in a server that several of us share."""
    kind, _, place = given.partition(":")
    url = kind in STORE_URLS and place.startswith("//") and len(place) > 2
    if given != "memory" and not url and (kind != "sqlite" or not place):
        shown = f"{kind}:…" if "@" in place else given  # there may be a password
        raise ValueError(f"must be memory, sqlite:PATH or valkey://HOST:PORT/N, not {shown!r}")
    return given


def switch(given: str) -> bool:
    """Yes or no, as environment variables say it."""
    known = {"1": True, "true": True, "0": False, "false": False}
    if given.lower() not in known:
        raise ValueError(f"must be 1, true, 0 or false, not {given!r}")
    return known[given.lower()]


def rate(given: str) -> float:
    """A rate of the clock, within its bounds."""
    bounds = f"must be a number from {SLOWEST:g} to {FASTEST:.0f}, not {given!r}"
    try:
        found = float(given)
    except ValueError:
        raise ValueError(bounds) from None
    if not SLOWEST <= found <= FASTEST:
        raise ValueError(bounds)
    return found


def start(given: str) -> int:
    """Milliseconds since 1970 of an ISO-8601 moment, which is UTC unless it says otherwise."""
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(given)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        ms = round(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise ValueError(
            f"must be an ISO-8601 time such as 2026-06-06T08:00:57Z, not {given!r}"
        ) from None
    if not 0 <= ms < 32_503_680_000_000:
        raise ValueError(f"must be between the years 1970 and 3000, not {given!r}")
    return ms


def dialect(given: str) -> str:
    """The name of a dialect."""

    from simulator.dialects import NAMES

    return one_of(*NAMES)(given)


def defects(given: str) -> tuple[str, ...]:
    """The names of faults, with commas between them."""
    from simulator.faults.catalogue import CATALOGUE

    names = tuple(given.split(","))
    for name in names:
        if name not in CATALOGUE:
            raise ValueError(f"there is no fault {name!r}; seedance-sim faults lists them all")
    return names


def public_url(given: str) -> str:
    """The scheme, host and path under which clients reach the server, as clients write them."""
    from urllib.parse import urlsplit

    wrong = f"must be http(s)://HOST, with :PORT and /PATH if need be, not {given!r}"
    try:
        parts = urlsplit(text(given))
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(wrong) from None
    odd = parts.query or parts.fragment or "?" in given or "#" in given or "@" in parts.netloc
    if parts.scheme not in ("http", "https") or not host or odd or port == 0:
        raise ValueError(wrong)
    if " " in parts.netloc or not PUBLIC_PATH.fullmatch(parts.path):
        raise ValueError(wrong)
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def usd(given: str) -> Any:
    """An amount of dollars."""
    from decimal import Decimal, InvalidOperation

    try:
        found = Decimal(given)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or not 0 <= found <= 1_000_000:
        raise ValueError(f"must be a number of dollars from 0 to 1000000, not {given!r}")
    return found


def base_url(given: str) -> str:
    """The scheme and the host of a server; what path it has does not matter."""
    from urllib.parse import urlsplit

    parts = urlsplit(text(given))
    return public_url(f"{parts.scheme}://{parts.netloc}" if parts.netloc else given)


def program(given: str) -> str:
    """The path of a program that can be run."""

    from shutil import which

    found = which(given)
    if found is None:
        raise ValueError(f"{given!r} is no program that can be run")
    return found


def ffmpeg(given: str) -> str:
    """A program that says it is ffmpeg."""
    from subprocess import DEVNULL, PIPE, SubprocessError, run

    found = program(given)
    try:
        said = run([found, "-version"], stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, timeout=10)
    except (OSError, SubprocessError):
        said = None
    if said is None or not said.stdout.startswith(b"ffmpeg version"):
        raise ValueError(f"{given!r} is no ffmpeg")
    return found


def file(given: str) -> str:
    """The path of a file that can be read."""
    try:
        with open(given, "rb"):
            return given
    except OSError as error:
        raise ValueError(f"cannot read {given}: {error.strerror}") from None


def folder(given: str) -> str:
    """A folder that can be written to; it is made where it does not exist."""
    try:
        os.makedirs(given, exist_ok=True)
    except OSError as error:
        raise ValueError(f"cannot make {given}: {error.strerror}") from None
    if not os.access(given, os.W_OK | os.X_OK):
        raise ValueError(f"cannot write to {given}")
    return given


def hosts(given: str) -> tuple[str, ...]:
    """Host names, with commas between them."""
    names = tuple(given.split(","))
    for name in names:
        if not name or not name.isascii() or any(letter in "/:@ " for letter in name.strip("[]")):
            raise ValueError(f"must be a host name without port, not {name!r}")
    return names


def price_file(given: str) -> Any:
    """The list of prices in a file."""

    from tomllib import TOMLDecodeError

    from simulator.dialects import NAMES
    from simulator.engine.prices import load

    try:
        with open(given, encoding="utf-8") as opened:
            return load(opened.read(), NAMES)
    except OSError as error:
        raise ValueError(f"cannot read {given}: {error.strerror}") from None
    except (UnicodeDecodeError, TOMLDecodeError) as error:
        raise ValueError(f"{given} is not TOML: {error}") from None
    except ValueError as error:
        raise ValueError(f"{given}: {error}") from None


def key_file(given: str) -> Any:
    """The accounts in a file."""

    from simulator.control.keyfile import load

    return load(given)
