"""Which addresses a callback may go to, judged by what the link says and by what it resolves to."""

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Literal
from urllib.parse import urlsplit

Policy = Literal["strict", "local"]
LONGEST = 2048
LOCAL_HINT = "start the simulator with --callbacks local to allow it"


def judge_link(url: str, policy: Policy, *, plain_http: bool) -> str | None:
    """Why a callback link is refused when an order is placed, or None.

    Only the scheme, the length and literal addresses or loopback names are judged here: a name is
    resolved, and checked again, when something is delivered to it.
    """
    if len(url) > LONGEST:
        return f"must have at most {LONGEST} characters"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is not a valid URL"
    if not host or any(letter <= " " for letter in url):
        return "is not a valid URL"
    loopback = is_loopback_name(host)
    if parts.scheme == "http" and not plain_http and not (policy == "local" and loopback):
        return "must be an HTTPS URL" + (f" ({LOCAL_HINT})" if loopback else "")
    if parts.scheme not in ("http", "https"):
        return "must be an HTTPS URL"
    if loopback:
        return None if policy == "local" else f"must not be a loopback address; {LOCAL_HINT}"
    address = literal(host)
    if address is not None and not address.is_global:
        return "must not be a private address"
    return None


def may_deliver(address: str, policy: Policy) -> bool:
    """Whether a resolved address may be connected to."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if found.is_loopback:
        return policy == "local"
    return found.is_global and not found.is_multicast


def literal(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a host is, where it is written as one in any of the usual ways."""
    try:
        found = ip_address(host)
    except ValueError:
        return _odd_ipv4(host)
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


def is_loopback_name(host: str) -> bool:
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = literal(name)
    return address is not None and address.is_loopback


def _odd_ipv4(host: str) -> IPv4Address | None:
    """IPv4 as inet_aton reads it: fewer than four parts, octal or hexadecimal ones."""
    parts = host.split(".")
    if not 1 <= len(parts) <= 4 or not all(part[:1].isdigit() for part in parts):
        return None
    try:
        numbers = [int(part, 0) if part[:2].lower() == "0x" else _octal(part) for part in parts]
    except ValueError:
        return None
    *heads, tail = numbers
    if any(head > 255 for head in heads) or tail >= 256 ** (5 - len(numbers)):
        return None
    return IPv4Address(sum(head << 8 * (3 - at) for at, head in enumerate(heads)) + tail)


def _octal(part: str) -> int:
    return int(part, 8) if len(part) > 1 and part.startswith("0") else int(part)
