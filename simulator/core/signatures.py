"""Requests that are signed with an access key, in Volcengine's way: HMAC-SHA256 over a few lines.

"Signature method", Volcengine documentation 6369/67269, as the official Python client does it
(volcengine-python-sdk 5.0.54, ``SignerV4``).
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

ALGORITHM = "HMAC-SHA256"
_HEADER = re.compile(
    ALGORITHM
    + r" Credential=([^/\s,]{1,512})/(\d{8})/([a-z0-9-]{1,64})/([a-z0-9_-]{1,64})/request,"
    r" ?SignedHeaders=([a-z0-9;_-]{1,4096}), ?Signature=([0-9a-f]{64})"
)
_DATE = re.compile(r"\d{8}T\d{6}Z")


@dataclass(frozen=True, slots=True)
class Signature:
    """What an ``Authorization`` header of this kind says; ``signed`` are names of headers."""

    access_key: str
    date: str
    region: str
    service: str
    signed: tuple[str, ...]
    value: str


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature is of; ``headers`` by their names in lower case, ``digest`` of the body."""

    method: str
    path: str
    parameters: Iterable[tuple[str, str]]
    headers: Mapping[str, str]
    digest: str


def read(header: str) -> Signature | None:
    """The signature in an ``Authorization`` header, or None where it is none."""
    found = _HEADER.fullmatch(header.strip())
    if found is None:
        return None
    access_key, date, region, service, signed, value = found.groups()
    return Signature(access_key, date, region, service, tuple(signed.split(";")), value)


def at(x_date: str) -> int | None:
    """The milliseconds since 1970 of an ``X-Date`` such as ``20261129T084500Z``."""
    if not _DATE.fullmatch(x_date):
        return None
    try:
        moment = datetime.strptime(x_date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp()) * 1000


def matches(signature: Signature, secret: str, request: Signed) -> bool:
    """Whether a request was signed by who has the secret, and not changed since."""
    scope = f"{signature.date}/{signature.region}/{signature.service}/request"
    lines = hashlib.sha256(_canonical(signature, request).encode()).hexdigest()
    text = "\n".join((ALGORITHM, request.headers.get("x-date", ""), scope, lines))
    key = secret.encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.compare_digest(hmac.digest(key, text.encode(), "sha256").hex(), signature.value)


def _canonical(signature: Signature, request: Signed) -> str:
    pairs = sorted((_quoted(name), _quoted(value)) for name, value in request.parameters)
    headers = [f"{name}:{request.headers.get(name, '').strip()}\n" for name in signature.signed]
    return "\n".join(
        (
            request.method,
            request.path,
            "&".join(f"{name}={value}" for name, value in pairs),
            "".join(headers),
            ";".join(signature.signed),
            request.digest,
        )
    )


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")
