"""Which callback links are refused at create, and which addresses when one is delivered."""

import pytest

from simulator.core.addresses import (
    LOCAL_HINT,
    PRIVATE_HINT,
    Policy,
    judge_link,
    judge_public,
    literal,
    may_deliver,
    parse,
    read,
)

STRICT, LOCAL, PRIVATE = (Policy.of(reach) for reach in ("strict", "local", "private"))

LOOPBACK = [
    "https://127.0.0.1/",
    "https://127.0.0.1:8443/cb?x=1",
    "https://127.255.255.254/",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://017700000001/",
    "https://0177.0.0.1/",
    "https://0x7f.1/",
    "https://0X7F000001/",
    "https://127.0.0.1./",
    "https://127\u30020\u30020\u30021/",
    "https://127\uff0e0\uff0e0\uff0e1/",
    "https://\uff11\uff12\uff17.0.0.1/",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://\u24dbocalhost/",
    "https://a.b.localhost:9000/",
    "https://a.localhost./",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:1]:8443/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://user:word@127.0.0.1/",
    "https://example.com@127.0.0.1/",
    "https://example.com:80@localhost/",
]
OF_A_HOUSE = [
    "https://10.0.0.1/",
    "https://10.1/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.0.1/",
    "https://192.168.1/",
    "https://0xc0a80001/",
    "https://100.64.0.1/",
    "https://[fc00::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://public.example@10.0.0.1/",
]
# Neither public nor of a private network: nobody's, or only of one wire.
NOBODYS = [
    "https://169.254.169.254/latest/",
    "https://0.0.0.0/",
    "https://0/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[::]/",
    "https://[fe80::1]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:a00:1::]/",
    "https://[64:ff9b::a00:1]/",
    "https://[2001:db8::1]/",
]
PUBLIC = [
    "https://hooks.example.com/",
    "HTTPS://HOOKS.EXAMPLE.COM/",
    "https://hooks.example.com:8443/a?b=c#d",
    "https://hooks.example.com./",
    "https://127.0.0.1.example.com/",
    "https://localhost.example.com/",
    "https://notlocalhost/",
    "https://127.0.0.1@example.com/",
    "https://8.8.8.8/",
    "https://134744072/",
    "https://172.15.255.255/",
    "https://172.32.0.1/",
    "https://192.169.0.1/",
    "https://11.0.0.1/",
    "https://[2606:4700::1111]/",
    "https://[::ffff:8.8.8.8]/",
    "https://[64:ff9b::808:808]/",
    "https://m\u00fcnchen.example/",
    "https://256.1.1.1.example/",
]
NO_LINKS = [
    "",
    "hooks.example.com",
    "https:",
    "https://",
    "https:///path",
    "https:hooks.example.com",
    "https://[::1/",
    "https://a b/",
    "https://exa\tmple.com/",
    "https://example.com/\n",
    " https://example.com/",
    "https://example.com/\x00",
    "https://example.com/\x7f",
    "https://example.com/\ud800",
    "https://example.com:65536/",
    "https://example.com:-1/",
    "https://example.com:0/",
    "https://example.com:http/",
    "https://example.com\\@127.0.0.1/",
    "https://127.0.0.1%2eexample.com/",
    "https://%31%32%37.0.0.1/",
    "https://[fe80::1%25eth0]/",
]
OTHER_SCHEMES = ["ftp://example.com/", "file:///etc/passwd", "javascript://example.com/", "//x/"]


@pytest.mark.parametrize("url", LOOPBACK)
def test_loopback_is_refused_with_the_way_out(url: str) -> None:
    detail = judge_link(url, STRICT, plain_http=False)
    assert detail is not None
    assert detail.startswith("must not be a loopback address")
    assert "--callbacks local" in detail


@pytest.mark.parametrize("url", LOOPBACK)
@pytest.mark.parametrize("plain_http", [True, False])
def test_local_policy_allows_loopback_over_either_scheme(url: str, plain_http: bool) -> None:
    assert judge_link(url, LOCAL, plain_http=plain_http) is None
    assert judge_link(url.replace("https", "http", 1), LOCAL, plain_http=plain_http) is None


@pytest.mark.parametrize("url", OF_A_HOUSE)
@pytest.mark.parametrize("policy", [STRICT, LOCAL])
def test_private_networks_are_refused_with_the_way_out(url: str, policy: Policy) -> None:
    detail = judge_link(url, policy, plain_http=False)
    assert detail == f"must not be a private address; {PRIVATE_HINT}"


@pytest.mark.parametrize("url", [*OF_A_HOUSE, *LOOPBACK])
@pytest.mark.parametrize("plain_http", [True, False])
def test_private_policy_allows_them_over_either_scheme(url: str, plain_http: bool) -> None:
    assert judge_link(url, PRIVATE, plain_http=plain_http) is None
    assert judge_link(url.replace("https", "http", 1), PRIVATE, plain_http=plain_http) is None


@pytest.mark.parametrize("url", NOBODYS)
@pytest.mark.parametrize("policy", [STRICT, LOCAL, PRIVATE])
def test_other_addresses_are_no_policys(url: str, policy: Policy) -> None:
    detail = judge_link(url, policy, plain_http=False)
    assert detail is not None
    assert detail.startswith("must not be a private address")
    assert "--callbacks" not in detail


@pytest.mark.parametrize(
    ("host", "hint"),
    [
        ("app", PRIVATE_HINT),
        ("app.local", PRIVATE_HINT),
        ("host.docker.internal", PRIVATE_HINT),
        ("192.168.1.5", PRIVATE_HINT),
        ("localhost", LOCAL_HINT),
        ("hooks.example.com", ""),
    ],
)
def test_names_at_home_need_no_tls_where_they_are_allowed(host: str, hint: str) -> None:
    url = f"http://{host}:3000/hook"
    known = judge_link(url, PRIVATE, plain_http=False)
    assert known == (None if hint else "must be an HTTPS URL")
    refused = judge_link(url, STRICT, plain_http=False)
    assert refused == "must be an HTTPS URL" + (hint and f"; {hint}")
    assert judge_link(url, Policy.of("strict", [host]), plain_http=False) is None


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "127.0.0.1", "198.51.100.7", "240.0.0.1", "[fc00::1]"]
)
def test_a_named_host_may_be_anywhere(host: str) -> None:
    named = Policy.of("strict", [host, "App.Example.", "[fe80::1]", "169.254.169.254"])
    assert judge_link(f"https://{host}/", named, plain_http=False) is None
    assert may_deliver(read(host.strip("[]")), named, named=True)
    assert not may_deliver(read(host.strip("[]")), named)
    assert named.names("app.EXAMPLE")
    assert not named.names("b.app.example")
    for other in ("https://[fe80::1]/", "https://169.254.169.254/"):
        assert judge_link(other, named, plain_http=False) is not None


def test_what_only_a_name_allows_is_refused_with_that_way_out() -> None:
    detail = judge_link("https://198.51.100.7/", PRIVATE, plain_http=False)
    assert detail == (
        "must not be a private address; "
        "start the simulator with --allow-host 198.51.100.7 to allow it"
    )


@pytest.mark.parametrize("url", PUBLIC)
@pytest.mark.parametrize("policy", [STRICT, LOCAL])
def test_public_names_and_addresses_pass(url: str, policy: Policy) -> None:
    assert judge_link(url, policy, plain_http=False) is None


@pytest.mark.parametrize("url", NO_LINKS + OTHER_SCHEMES)
@pytest.mark.parametrize("policy", [STRICT, LOCAL])
def test_what_is_no_link_is_refused(url: str, policy: Policy) -> None:
    assert judge_link(url, policy, plain_http=True) is not None


def test_plain_http_is_for_those_who_document_it() -> None:
    url = "http://hooks.example.com/"
    assert judge_link(url, STRICT, plain_http=True) is None
    assert judge_link(url, STRICT, plain_http=False) == "must be an HTTPS URL"
    assert judge_link(url, LOCAL, plain_http=False) == "must be an HTTPS URL"
    detail = judge_link("http://localhost:9000/", STRICT, plain_http=False)
    assert detail == f"must be an HTTPS URL; {LOCAL_HINT}"
    detail = judge_link("ftp://hooks.example.com/", STRICT, plain_http=True)
    assert detail == "must be an HTTP or HTTPS URL"


def test_at_most_2048_characters() -> None:
    url = "https://hooks.example.com/"
    at = url + "x" * (2048 - len(url))
    assert judge_link(at[:-1], STRICT, plain_http=False) is None
    assert judge_link(at, STRICT, plain_http=False) is None
    detail = judge_link(at + "x", STRICT, plain_http=False)
    assert detail == "must have at most 2048 characters"


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_delivery_to_loopback_is_for_local(address: str) -> None:
    assert may_deliver(read(address), LOCAL)
    assert not may_deliver(read(address), STRICT)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::7f00:1",
        "::ffff:10.0.0.1",
        "2001:db8::1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "fc00::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_delivery_never_reaches_a_private_network(address: str) -> None:
    assert not may_deliver(read(address), STRICT)
    assert not may_deliver(read(address), LOCAL)
    house = ("10.1.2.3", "100.64.0.1", "172.16.0.1", "192.168.0.1", "fc00::1", "::ffff:10.0.0.1")
    assert may_deliver(read(address), PRIVATE) == (address in house)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_delivery_reaches_the_internet(address: str) -> None:
    assert may_deliver(read(address), STRICT)


@pytest.mark.parametrize("host", ["", "a", "1.2.3.4.5", "256.1.1.1", "08.1.1.1", "0x7g.1", "1..2"])
def test_names_are_no_addresses(host: str) -> None:
    assert literal(host) is None


@pytest.mark.parametrize("url", [*LOOPBACK, *OF_A_HOUSE, *NOBODYS])
def test_links_of_nobodys_hosts_are_not_public(url: str) -> None:
    wrong = judge_public(url)
    assert wrong is not None
    assert wrong.startswith("must be a public HTTPS URL")


@pytest.mark.parametrize("url", [url for url in PUBLIC if url != "https://notlocalhost/"])
def test_public_links_need_tls_unless_their_host_is_named(url: str) -> None:
    assert judge_public(url) is None
    target = parse(url)
    assert target is not None
    plain = str(target.with_scheme("http"))
    assert judge_public(plain) == "must be a public HTTPS URL"
    assert judge_public(plain, (target.raw_host or "",)) is None
