"""Which addresses a callback may go to, judged by what the link says and by what it resolves to."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import msgspec
from yarl import URL

from simulator.core.config import Config, Reach
from simulator.core.problems import Kind, refuse

LONGEST = 2048
ALLOW = "start the simulator with {} to allow it"
LOCAL_HINT = ALLOW.format("--callbacks local")
PRIVATE_HINT = ALLOW.format("--callbacks private")

Address = IPv4Address | IPv6Address

_UNICAST = IPv6Network("2000::/3")
# IPv6 networks write the addresses of IPv4 hosts so, behind a translator (RFC 6052).
_TRANSLATED = IPv6Network("64:ff9b::/96")
# Of a house, a company, a cluster or a compose network (RFC 1918, RFC 6598, RFC 4193).
_OF_A_HOUSE = (
    IPv4Network("10.0.0.0/8"),
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.168.0.0/16"),
    IPv4Network("100.64.0.0/10"),
    IPv6Network("fc00::/7"),
)
# Endings of names that only a private network resolves (RFC 6762, ICANN for "internal").
_AT_HOME = (".local", ".internal")


class Policy(msgspec.Struct, frozen=True):
    """Where callbacks may go: to public addresses and ``reach``, and to every one of ``hosts``.

    Each reach has what the one before has: strict none, local this machine, private also the
    networks of a house. A named host may be anywhere but at an address that is no single machine's.
    """

    reach: Reach = "strict"
    hosts: frozenset[str] = frozenset()

    @classmethod
    def of(cls, reach: Reach, hosts: Iterable[str] = ()) -> "Policy":
        return cls(reach, frozenset(map(plain_host, hosts)))

    @property
    def local(self) -> bool:
        return self.reach != "strict"

    @property
    def private(self) -> bool:
        return self.reach == "private"

    def names(self, host: str) -> bool:
        """Whether a host is one of the named ones."""
        return plain_host(host) in self.hosts


def plain_host(host: str) -> str:
    """A host name or literal address in the form in which they are compared."""
    return host.strip("[]").removesuffix(".").lower()


def judge_link(url: str, policy: Policy, *, plain_http: bool) -> str | None:
    """Why a callback link is refused when an order is placed, or None.

    Only the scheme, the length and literal addresses or loopback names are judged here: a name is
    resolved, and checked again, when something is delivered to it. Who may be called at home may
    be called without TLS.
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
    detail, hint = _judge_host(host, policy)
    if target.scheme == "http" and not plain_http and not _is_known(host, policy):
        detail, hint = f"must be {schemes}", hint or _hint_for_name(host)
    return "; ".join(filter(None, (detail, hint))) if detail else None


def _judge_host(host: str, policy: Policy) -> tuple[str, str]:
    """What is wrong with the host of a link, and how to allow it; both empty where nothing is."""
    address = literal(host)
    if address is None:
        at_home = is_loopback_name(host) and not policy.local and not policy.names(host)
        return ("must not be a loopback address", LOCAL_HINT) if at_home else ("", "")
    if may_deliver(address, policy, named=policy.names(host)):
        return "", ""
    word = "loopback" if address.is_loopback else "private"
    return f"must not be a {word} address", hint_for(address, host)


def _is_known(host: str, policy: Policy) -> bool:
    """Whether a host may be called without TLS: a named one, or one at home as far as allowed."""
    if policy.names(host):
        return True
    if is_loopback_name(host):
        return policy.local
    return policy.private and is_private_name(host)


def _hint_for_name(host: str) -> str:
    return PRIVATE_HINT if is_private_name(host) else ""


def hint_for(address: Address, host: str) -> str:
    """The setting that would allow an address, or nothing where none would."""
    if address.is_loopback:
        return LOCAL_HINT
    if is_of_a_house(address):
        return PRIVATE_HINT
    return ALLOW.format(f"--allow-host {plain_host(host)}") if is_machine(address) else ""


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


def check_callback(url: str | None, field: str, config: Config, *, plain_http: bool) -> None:
    """Refuse an order for its callback link, if it has one that may not be."""
    if url is None:
        return
    policy = Policy.of(config.callbacks, config.allow_host)
    detail = judge_link(url, policy, plain_http=plain_http)
    if detail is not None:
        raise refuse(Kind.ADDRESS, field, detail, got=url)


def judge_public(url: str, hosts: Iterable[str] = ()) -> str | None:
    """Why a link is not a public HTTPS one, or None; the named hosts are fine in any case.

    Judged is what the link says: nothing is resolved.
    """
    target = parse(url)
    if target is None or target.scheme not in ("http", "https"):
        return "must be a public HTTPS URL"
    host = target.raw_host or ""
    if Policy.of("strict", hosts).names(host):
        return None
    public = is_public_host(host)
    if public and target.scheme == "https":
        return None
    hint = ALLOW.format(f"--allow-host {plain_host(host)}")
    return f"must be a public HTTPS URL; {hint}" if not public else "must be a public HTTPS URL"


def is_public_host(host: str) -> bool:
    """Whether a host, a name or an address, can be one that everybody reaches."""
    address = literal(plain_host(host))
    if address is not None:
        return is_public(address)
    return not (is_loopback_name(host) or is_private_name(host))


def may_deliver(address: Address, policy: Policy, *, named: bool = False) -> bool:
    """Whether an address, to which a name was resolved, may be connected to."""
    address = _plain(address)
    if named:
        return is_machine(address)
    if address.is_loopback:
        return policy.local
    return is_public(address) or (policy.private and is_of_a_house(address))


def read(address: str) -> Address:
    """An address as the system writes it, which may have a zone."""
    return _plain(ip_address(address.partition("%")[0]))


def is_public(address: Address) -> bool:
    """Whether an address is one host's on the open Internet, also where IPv6 wraps an IPv4 one."""
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast
    if address in _TRANSLATED:
        return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
    if address.sixtofour is not None:
        return is_public(address.sixtofour)
    return address in _UNICAST and address.is_global


def is_of_a_house(address: Address) -> bool:
    """Whether an address is of a network that is nobody's but its owner's."""
    return any(address in network for network in _OF_A_HOUSE)


def is_machine(address: Address) -> bool:
    """Whether an address can be one machine's beyond its own wire.

    Link-local ones are not: the secrets of a cloud's machines are served there.
    """
    return not (address.is_link_local or address.is_multicast or address.is_unspecified)


def literal(host: str) -> Address | None:
    """The address that a host is, where it is written as one in any of the usual ways."""
    host = host.removesuffix(".")
    try:
        return _plain(ip_address(host))
    except ValueError:
        return _odd_ipv4(host)


def is_private_name(host: str) -> bool:
    """Whether a host is a private address, or a name that only a private network resolves."""
    name = plain_host(host)
    address = literal(name)
    if address is not None:
        return is_of_a_house(address)
    return not is_loopback_name(name) and ("." not in name or name.endswith(_AT_HOME))


def is_loopback_name(host: str) -> bool:
    """Whether a host means this machine by its name or address, without asking anybody."""
    name = host.removesuffix(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = literal(name)
    return address is not None and address.is_loopback


def _plain(address: Address) -> Address:
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
