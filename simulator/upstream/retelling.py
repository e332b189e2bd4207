"""What was recorded, said again at another time: moments and ids are those of the new life.

Texts are changed where such a value stands and nowhere else, so that what is said at the recorded
time is the recorded answer byte for byte.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import formatdate, parsedate_to_datetime
from hashlib import sha256
from urllib.parse import parse_qs, quote, urlsplit

from simulator.core.clock import DAY, SECOND

# How far from the time of the exchange a number is taken for a moment: more than things are kept.
_WINDOW = 40 * DAY
# A string and the colon after a name, or a number that stands outside of strings.
_PART = re.compile(
    r'("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|(?<![\w.+-])(\d{10}(?:\.\d+)?|\d{13})(?![\w.])'
)
_ISO = re.compile(r'"(\d{4}-\d\d-\d\d)([T ])(\d\d:\d\d:\d\d)((?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)"')
_STAMP = re.compile(r"((?:X-Tos|X-Amz)-Date=)(\d{8}T\d{6})(?=Z)", re.IGNORECASE)
_UNTIL = re.compile(
    r"((?:\bExpires|u0026Expires|\bx-expires|\be|\bse)=)(\d{10})(?!\d)", re.IGNORECASE
)
_COMPACT = "%Y%m%dT%H%M%S"


def moved(body: str, at: int, shift: int) -> str:
    """A JSON text that was said at ``at`` (ms), with its moments ``shift`` milliseconds later.

    Moments in whole seconds move by whole ones, never into what is the future then.
    """
    if not shift:
        return body
    name = ""

    def part(found: re.Match[str]) -> str:
        nonlocal name
        text, colon, number = found.groups()
        if colon:
            name = text.strip('"')
            return found[0]
        if number is None:
            return _text(text, name, at, shift)
        return _number(number, at, shift) if _timely(name) else number

    return _PART.sub(part, body)


def _timely(name: str) -> bool:
    """Whether numbers of this name may be moments: seeds and ids can look like some."""
    return not name.lower().endswith(("seed", "id"))


def _number(text: str, at: int, shift: int) -> str:
    whole, point, rest = text.partition(".")
    value, unit = int(whole), SECOND if len(whole) == 10 else 1
    if abs(value * unit - at) > _WINDOW:
        return text
    return f"{value + shift // unit}{point}{rest}"


def _text(text: str, name: str, at: int, shift: int) -> str:
    """A string with its quotes: a moment in one of the usual forms, or a link that is dated."""
    if (iso := _ISO.fullmatch(text)) is not None:
        return _iso(iso, at, shift)
    if text[1:-1].isdecimal() and len(text) in (12, 15) and _timely(name):
        return f'"{_number(text[1:-1], at, shift)}"'
    return dated(text, shift) if "=" in text else text


def _iso(found: re.Match[str], at: int, shift: int) -> str:
    day, between, time, rest = found.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{time}+00:00")
        if abs(moment.timestamp() * SECOND - at) > _WINDOW:
            return found[0]
        moment += timedelta(seconds=shift // SECOND)
    except (ValueError, OverflowError):
        return found[0]
    return f'"{moment:%Y-%m-%d}{between}{moment:%H:%M:%S}{rest}"'


def dated(text: str, shift: int) -> str:
    """Links with the times in their signatures so many milliseconds later."""
    seconds = shift // SECOND

    def stamp(found: re.Match[str]) -> str:
        try:
            moment = datetime.strptime(found[2], _COMPACT) + timedelta(seconds=seconds)
        except (ValueError, OverflowError):
            return found[0]
        return f"{found[1]}{moment:{_COMPACT}}"

    text = _STAMP.sub(stamp, text)
    return _UNTIL.sub(lambda found: f"{found[1]}{int(found[2]) + seconds}", text)


def named(text: str, ids: Mapping[str, str]) -> str:
    """A text with other ids in the places of some; a short one has to be a whole string."""
    for old, new in ids.items():
        if len(old) < 6:
            text = text.replace(f'"{old}"', f'"{new}"')
        else:
            text = text.replace(quote(old, ""), quote(new, "")).replace(old, new)
    return text


def http_date(text: str, shift: int) -> str:
    """A date of a header so many milliseconds later; as it is where it is none."""
    try:
        moment = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return text
    return formatdate(moment + shift // SECOND, usegmt=True)


def expires(url: str) -> int | None:
    """When a link ends by what stands in it, in ms; None where nothing does."""
    given = {name.lower(): values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    for store in ("x-tos", "x-amz"):
        stamp, life = given.get(f"{store}-date", ""), given.get(f"{store}-expires", "")
        if stamp and life.isdecimal() and len(life) < 9:
            return _until(stamp, int(life))
    for name in ("expires", "x-expires", "e"):
        if (text := given.get(name, "")).isdecimal() and len(text) == 10:
            return int(text) * SECOND
    return None


def _until(stamp: str, seconds: int) -> int | None:
    try:
        begins = datetime.strptime(stamp.removesuffix("Z"), _COMPACT).replace(tzinfo=UTC)
    except ValueError:
        return None
    return (int(begins.timestamp()) + seconds) * SECOND


def like(name: str, drawn: Iterable[object]) -> str:
    """An id of the form of another: its last letters and digits drawn anew, each of its kind."""
    seed = sha256(repr(tuple(drawn)).encode("utf-8", "surrogatepass")).digest()
    letters, most = list(name), max(5, len(name) // 3)
    hexadecimal = re.fullmatch(r"[0-9a-f]*", name[-most:]) is not None
    for number, at in enumerate(range(len(name) - 1, max(-1, len(name) - 1 - most), -1)):
        byte, one = seed[number % len(seed)], name[at]
        if hexadecimal and one.isalnum():
            letters[at] = "0123456789abcdef"[byte % 16]
        elif one.isdecimal():
            letters[at] = str(byte % 10)
        elif one.isascii() and one.isalpha():
            first = ord("a") if one.islower() else ord("A")
            letters[at] = chr(first + byte % 26)
    return "".join(letters)
