"""Signed links as the object store of the upstream makes and checks them (TOS4-HMAC-SHA256).

Source: the official ``tos`` package 2.9.3 (canonical request, string to sign, key chain), and live
links of 2026 for the order of the parameters.
"""

import hmac
from datetime import UTC, datetime
from email.utils import formatdate
from functools import lru_cache
from hashlib import sha256
from typing import Literal
from urllib.parse import quote, unquote, urlsplit

import msgspec

from simulator.core.clock import DAY, SECOND, moment

REGIONS = ("cn-beijing", "ap-southeast-1")
ALGORITHM = "TOS4-HMAC-SHA256"
LONGEST = 604800
# The bucket of an asset library, and where what is in it stands.
BUCKET = "ark-media-asset"
LIBRARY = f"/tos/{BUCKET}/"
_ORDER = (
    "X-Tos-Algorithm",
    "X-Tos-Credential",
    "X-Tos-Date",
    "X-Tos-Expires",
    "X-Tos-Signature",
    "X-Tos-SignedHeaders",
)

Fault = Literal["method", "authorization", "algorithm", "expires", "parameters", "signature", "old"]


class Link(msgspec.Struct, frozen=True):
    """A presented link that is what it was minted as. Times are in simulated milliseconds."""

    minted: int
    expires: int


class BadLink(Exception):
    """A presented link that does not hold, and why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def expiration(made: int) -> dict[str, str]:
    """What the store says of when it deletes an object, a day after it was made.

    The name of the rule, "24h automatic deletion of files", is raw UTF-8 (captures of 2026; the
    form is that of the TOS SDKs).
    """
    date = formatdate((made + DAY) // SECOND, usegmt=True)
    return {"x-tos-expiration": f'expiry-date="{date}", rule-id="24h文件自动删除"'}


@lru_cache(maxsize=4096)
def sign(secret: str, base: str, path: str, at: int, life: int, region: str = REGIONS[0]) -> str:
    """The address ``base + path``, signed for GET at ``at`` (ms) for ``life`` seconds."""
    stamp = f"{moment(at):%Y%m%dT%H%M%SZ}"
    signed = {
        "X-Tos-Algorithm": ALGORITHM,
        "X-Tos-Credential": f"{access_key(secret)}/{_scope(stamp, region)}",
        "X-Tos-Date": stamp,
        "X-Tos-Expires": str(life),
        "X-Tos-SignedHeaders": "host",
    }
    signed["X-Tos-Signature"] = _signature(secret, region, urlsplit(base).netloc, path, signed)
    query = "&".join(f"{name}={quote(signed[name], safe='')}" for name in _ORDER)
    return f"{base}{quote(path)}?{query}"


def verify(
    secret: str, method: str, hosts: tuple[str, ...], path: str, query: str, authorized: bool
) -> Link:
    """What a presented link says, if it was minted here for one of the hosts; else BadLink.

    ``path`` and ``query`` are as received, still percent-encoded. Whether the link has come to its
    end is for the caller, who knows the time.
    """
    given = _parameters(query)
    if authorized:
        raise BadLink("authorization")
    if given["X-Tos-Algorithm"] != ALGORITHM:
        raise BadLink("algorithm")
    life = given["X-Tos-Expires"]
    if not (life.isascii() and life.isdigit() and 1 <= int(life[:9]) <= LONGEST):
        raise BadLink("expires")
    signature = given.pop("X-Tos-Signature")
    stamp = given["X-Tos-Date"]
    prefix = f"{access_key(secret)}/"
    scopes = {f"{prefix}{_scope(stamp, region)}": region for region in REGIONS}
    region = scopes.get(given["X-Tos-Credential"], "")
    if not region:
        raise BadLink("signature")
    wanted = [_signature(secret, region, host, unquote(path), given, method) for host in hosts]
    if not any(hmac.compare_digest(signature.encode(), one.encode()) for one in wanted):
        raise BadLink("method" if method != "GET" else "signature")
    minted = _milliseconds(stamp)
    return Link(minted, minted + int(life) * SECOND)


def access_key(secret: str) -> str:
    """The public half of the pair, as it stands in the credential of a link."""
    return "AKLT" + sha256(f"access {secret}".encode()).hexdigest()[:32]


def _parameters(query: str) -> dict[str, str]:
    """The parameters of a link: each of the six exactly once, and no other."""
    found: dict[str, str] = {}
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        name = unquote(name)
        if name in found or name not in _ORDER:
            raise BadLink("parameters")
        found[name] = unquote(value)
    if len(found) != len(_ORDER):
        raise BadLink("parameters")
    return found


def _scope(stamp: str, region: str) -> str:
    return f"{stamp[:8]}/{region}/tos/request"


def _signature(
    secret: str, region: str, host: str, path: str, signed: dict[str, str], method: str = "GET"
) -> str:
    query = "&".join(
        f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(signed.items())
    )
    canonical = "\n".join(
        (method, quote(path), query, f"host:{host}\n", "host", "UNSIGNED-PAYLOAD")
    )
    stamp = signed["X-Tos-Date"]
    text = "\n".join(
        (ALGORITHM, stamp, _scope(stamp, region), sha256(canonical.encode()).hexdigest())
    )
    return hmac.new(_key(secret, stamp[:8], region), text.encode(), sha256).hexdigest()


@lru_cache(maxsize=64)
def _key(secret: str, day: str, region: str) -> bytes:
    key = secret.encode()
    for part in (day, region, "tos", "request"):
        key = hmac.new(key, part.encode(), sha256).digest()
    return key


def _milliseconds(stamp: str) -> int:
    """``stamp`` was written here: its signature has been checked."""
    made = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return int(made.timestamp()) * SECOND
