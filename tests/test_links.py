"""Signed links: the official signer is the witness, and nothing but what was minted holds."""

from types import SimpleNamespace
from urllib.parse import parse_qsl, urlsplit

import pytest
from tos.auth import AuthBase
from tos.credential import StaticCredentialsProvider

from simulator.core import links

SECRET = "5" * 40
BASE = "http://sim.test:8000"
AT = 1_780_732_991_000
PATH = "/tos/bucket/family/cgt-1.mp4"


def minted(region: str = "cn-beijing") -> str:
    return links.sign(SECRET, BASE, PATH, AT, 86400, region)


def check(url: str, method: str = "GET", hosts: tuple[str, ...] = ("sim.test:8000",)) -> links.Link:
    parts = urlsplit(url)
    return links.verify(SECRET, method, hosts, parts.path, parts.query, authorized=False)


@pytest.mark.parametrize("region", links.REGIONS)
def test_official_signer_makes_the_same_signature(region: str) -> None:
    given = dict(parse_qsl(urlsplit(minted(region)).query))
    signature = given.pop("X-Tos-Signature")

    request = SimpleNamespace(method="GET", path=PATH, params=given, headers={})
    signer = AuthBase(StaticCredentialsProvider(links.access_key(SECRET), SECRET), region)
    signer.credential = signer.credentials_provider.get_credentials()
    headers = [("host", "sim.test:8000")]
    date = given["X-Tos-Date"]
    made = signer._make_signature(req=request, date=date, signed_headers=headers)
    assert made == signature
    assert given["X-Tos-Credential"] == signer._credential(date)


def test_parameters_stand_in_the_order_of_live_links() -> None:
    names = [name for name, _ in parse_qsl(urlsplit(minted()).query)]
    assert names == [
        "X-Tos-Algorithm",
        "X-Tos-Credential",
        "X-Tos-Date",
        "X-Tos-Expires",
        "X-Tos-Signature",
        "X-Tos-SignedHeaders",
    ]


def test_good_link_says_when_it_ends() -> None:
    assert check(minted()) == links.Link(AT, AT + 86_400_000)


def fault(url: str, method: str = "GET", host: str = "sim.test:8000") -> str:
    with pytest.raises(links.BadLink) as caught:
        check(url, method, (host,))
    return caught.value.fault


def test_method_host_and_path_are_signed() -> None:
    assert fault(minted(), method="HEAD") == "method"
    assert fault(minted(), host="other.test") == "signature"
    assert fault(minted().replace("cgt-1", "cgt-2")) == "signature"


@pytest.mark.parametrize("at", range(6))
def test_each_parameter_removed_changed_or_doubled(at: int) -> None:
    head, _, query = minted().partition("?")
    pairs = query.split("&")
    name, _, value = pairs[at].partition("=")
    assert fault(head + "?" + "&".join(pairs[:at] + pairs[at + 1 :])) == "parameters"
    assert fault(f"{head}?{query}&{pairs[at]}") == "parameters"
    changed = ("A" if value[0] != "A" else "B") + value[1:]
    fault(head + "?" + "&".join([*pairs[:at], f"{name}={changed}", *pairs[at + 1 :]]))
    fault(head + "?" + "&".join([*pairs[:at], f"{name}=", *pairs[at + 1 :]]))


@pytest.mark.parametrize("query", ["", "&&&", "a=b", "%", "X-Tos-Date", "=" * 100])
def test_other_queries(query: str) -> None:
    assert fault(f"{BASE}{PATH}?{query}") == "parameters"


def test_longer_life_is_not_believed() -> None:
    assert fault(minted().replace("Expires=86400", "Expires=604800")) == "signature"
    assert fault(minted().replace("Expires=86400", "Expires=604801")) == "expires"


def test_authorization_beside_a_signed_link() -> None:
    parts = urlsplit(minted())
    with pytest.raises(links.BadLink) as caught:
        links.verify(SECRET, "GET", ("sim.test:8000",), parts.path, parts.query, authorized=True)
    assert caught.value.fault == "authorization"
