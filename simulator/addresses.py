"""Which addresses a callback may go to, judged by what the link says and by what it resolves to."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Literal

from yarl import URL

from simulator.problems import Kind, refuse

Policy = Literal["strict", "local"]
LONGEST = 2048
LOCAL_HINT = "start the simulator with --callbacks local to allow it"

_UNICAST = IPv6Network("2000::/3")
# IPv6 networks write the addresses of IPv4 hosts so, behind a translator (RFC 6052).
_TRANSLATED = IPv6Network("64:ff9b::/96")


def judge_link(url: str, policy: Policy, *, plain_http: bool) -> str | None:
    """Why a callback link is refused when an order is placed, or None.

    Only the scheme, the length and literal addresses or loopback names are judged here: a name is
    resolved, and checked again, when something is delivered to it.
    """
    if len(url) > LONGEST:
        return f"must have at most {LONGEST} characters"
    target = parse(url)
    if target is None:
        return "is not a valid URL"
    schemes = "an HTTP or HTTPS URL" if plain_http else "an HTTPS URL"
    if target.scheme not in ("http", "https"):
        return f"must be {schemes}"
    host = target.raw_host or ""
    loopback = is_loopback_name(host)
    if target.scheme == "http" and not plain_http and not (policy == "local" and loopback):
        return f"must be {schemes}" + (f"; {LOCAL_HINT}" if loopback else "")
    if loopback:
        return None if policy == "local" else f"must not be a loopback address; {LOCAL_HINT}"
    address = literal(host)
    if address is not None and not is_public(address):
        return "must not be a private address"
    return None


def parse(url: str) -> URL | None:
    """The link as the client that delivers will read it, or None where it is not one."""
    if any(letter <= " " or letter == "\x7f" or "\ud800" <= letter <= "\udfff" for letter in url):
        return None
    try:
        target = URL(url)
    except ValueError:
        return None
    host = target.raw_host
    odd = not host or "%" in host or target.explicit_port == 0
    return None if odd else target


def check_callback(url: str | None, field: str, policy: Policy, *, plain_http: bool) -> None:
    """Refuse an order for its callback link, if it has one that may not be."""
    detail = None if url is None else judge_link(url, policy, plain_http=plain_http)
    if detail is not None:
        raise refuse(Kind.ADDRESS, field, detail, got=url)


def may_deliver(address: str, policy: Policy) -> bool:
    """Whether a resolved address may be connected to."""
    found = _plain(ip_address(address.partition("%")[0]))
    if found.is_loopback:
        return policy == "local"
    return is_public(found)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one host's on the open Internet, also where IPv6 wraps an IPv4 one."""
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast
    if address in _TRANSLATED:
        return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
    if address.sixtofour is not None:
        return is_public(address.sixtofour)
    return address in _UNICAST and address.is_global


def literal(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a host is, where it is written as one in any of the usual ways."""
    host = host.removesuffix(".")
    try:
        return _plain(ip_address(host))
    except ValueError:
        return _odd_ipv4(host)


def is_loopback_name(host: str) -> bool:
    name = host.removesuffix(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = literal(name)
    return address is not None and address.is_loopback


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one stands for on this very host, else the same."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _odd_ipv4(host: str) -> IPv4Address | None:
    """IPv4 as inet_aton reads it: fewer than four parts, octal or hexadecimal ones."""
    parts = host.split(".")
    if len(parts) > 4 or not all(part[:1].isdigit() and part.isascii() for part in parts):
        return None
    try:
        *heads, tail = [_number(part) for part in parts]
    except ValueError:
        return None
    if any(head > 255 for head in heads) or tail >= 256 ** (4 - len(heads)):
        return None
    return IPv4Address(sum(head << 8 * (3 - at) for at, head in enumerate(heads)) + tail)


def _number(part: str) -> int:
    if "_" in part:
        raise ValueError(part)
    if part[:2].lower() == "0x":
        return int(part[2:] or "0", 16)
    return int(part, 8) if part.startswith("0") else int(part)
