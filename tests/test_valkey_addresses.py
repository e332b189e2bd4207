"""Addresses of Valkey servers: passwords, users, TLS and Sentinels, with real ones of each."""

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import redis

from simulator.core.config import BadSetting
from simulator.store.valkey import ValkeyStore
from tests.stores import closing_replicas
from tests.test_cli import CREATE, ORDER, certificate, mistake, run, serving
from tests.test_sqlite import said
from tests.valkeys import Valkey, program

__all__ = ["certificate", "closing_replicas"]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("valkey://user:secret@127.0.0.1:1/0", "valkey://127.0.0.1:1/0 cannot be used: Error 111"),
        ("valkey://user:secret@[::1/0?x=secret", "valkey://[::1/0 cannot be used: Invalid IPv6"),
        ("valkey://127.0.0.1:x/0", "valkey://127.0.0.1:x/0 cannot be used: Port could not be cast"),
        (
            "valkey://127.0.0.1:1/one",
            "127.0.0.1:1/one cannot be used: a database has a number, not",
        ),
        ("sentinel://127.0.0.1:1/main/one", "cannot be used: a database has a number, not 'one'"),
        ("sentinel://:secret@127.0.0.1:1", "cannot be used: Sentinels are named as sentinel://"),
        pytest.param(
            "sentinel://127.0.0.1:1,127.0.0.1:2/main",
            "cannot be used: No master found for 'main'",
            marks=pytest.mark.slow,  # redis-py asks some more times
        ),
    ],
)
def test_an_address_of_no_use_is_one_line_without_its_password(url: str, words: str) -> None:
    with pytest.raises(BadSetting) as caught:
        ValkeyStore(url)
    text = str(caught.value)
    assert text.startswith("--store: ")
    assert words in text
    assert "\n" not in text
    assert "secret" not in text
    assert "<" not in text, "what the client library shows of itself"


@pytest.mark.slow
def test_users_and_passwords_are_those_of_the_address() -> None:
    server = Valkey("--requirepass", "secret")
    try:
        with redis.Redis(port=server.port, password="secret") as client:
            client.acl_setuser(
                "sim", enabled=True, passwords=["+other"], keys=["sdsim:*"], categories=["+@all"]
            )
        host = f"127.0.0.1:{server.port}/3"
        for who in (":secret", "sim:other"):
            with serving("--store", f"valkey://{who}@{host}", "--pace", "instant") as one:
                task = said(one, CREATE, ORDER)["id"]
                assert said(one, f"{CREATE}/{task}")["status"] == "succeeded"
        for who in ("", ":wrong@", "sim:wrong@"):
            told = mistake(run("serve", "--port", "0", "--store", f"valkey://{who}{host}"))
            assert told.startswith(f"--store: valkey://{host} cannot be used: ")
            assert ("asks for a password" in told) is (who == "")
            assert "wrong" not in told.removeprefix(f"--store: valkey://{host}").lower() or (
                "wrongpass" in told.lower()
            )
    finally:
        server.close()


@pytest.mark.slow
def test_tls_is_that_of_the_address(certificate: tuple[str, str]) -> None:
    cert, key = certificate
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    flags = ("--tls-cert-file", cert, "--tls-key-file", key, "--tls-auth-clients", "no")
    try:
        server = Valkey("--tls-port", str(port), "--tls-ca-cert-file", cert, *flags)
    except AssertionError:
        pytest.skip(f"{program()} is built without TLS; see TEST_VALKEY_SERVER")
    try:
        host = f"127.0.0.1:{port}/0"
        store = f"valkeys://{host}?ssl_ca_certs={cert}"
        with serving("--store", store, "--pace", "instant") as one:
            task = said(one, CREATE, ORDER)["id"]
            assert said(one, f"{CREATE}/{task}")["status"] == "succeeded"
        told = mistake(run("serve", "--port", "0", "--store", f"valkeys://{host}"))
        assert "certificate verify failed" in told
    finally:
        server.close()


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[str, Valkey]]:
    """A master, one that follows it, and a Sentinel: its address, and the master."""
    with ExitStack() as ending:
        master, other, sentinel = Valkey(), Valkey(), 0
        for one in (master, other):
            ending.callback(one.close)
        with redis.Redis(port=other.port) as client:
            client.execute_command("REPLICAOF", "127.0.0.1", master.port)
            until = time.monotonic() + 20
            while _about(client)["master_link_status"] != "up":
                assert time.monotonic() < until
                time.sleep(0.05)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            sentinel = free.getsockname()[1]
        lines = (
            f"port {sentinel}",
            f"dir {tmp_path}",
            f"sentinel monitor main 127.0.0.1 {master.port} 1",
            "sentinel down-after-milliseconds main 500",
            "sentinel failover-timeout main 2000",
        )
        file = tmp_path / "sentinel.conf"
        file.write_text("\n".join(lines), "utf-8")
        process = subprocess.Popen([program(), str(file), "--sentinel"], stdout=subprocess.DEVNULL)
        ending.callback(process.wait)
        ending.callback(process.kill)
        with redis.Redis(port=sentinel) as asked:
            until = time.monotonic() + 30
            while not _has_follower(asked):
                assert time.monotonic() < until
                time.sleep(0.1)
        yield f"sentinel://127.0.0.1:{sentinel}/main/0", master


def _has_follower(asked: Any) -> bool:
    try:
        return bool(asked.sentinel_slaves("main"))
    except redis.RedisError:
        return False


def _demote(url: str) -> None:
    """Let the follower be the master, and the master follow it."""
    with redis.Redis(port=int(url.split(":")[2].partition("/")[0])) as asked:
        before = asked.sentinel_master("main")["port"]
        asked.execute_command("SENTINEL FAILOVER main")
        until = time.monotonic() + 30
        while asked.sentinel_master("main")["port"] == before:
            assert time.monotonic() < until
            time.sleep(0.05)


def _about(client: Any) -> dict[str, Any]:
    found: dict[str, Any] = client.info("replication")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("alive", [False, True])
def test_where_a_sentinel_says_the_master_is_now(watched: tuple[str, Valkey], alive: bool) -> None:
    url, master = watched
    with serving("--store", url, "--pace", "instant", "--log-level", "warning") as server:
        task = said(server, CREATE, ORDER)["id"]
        time.sleep(0.5)  # the follower has it: replication is not awaited
        if alive:
            _demote(url)
        else:
            master.end(signal.SIGKILL)
        until = time.monotonic() + 60
        while (answer := server.call(f"{CREATE}/{task}"))[0] != 200:
            assert answer[0] == 503, answer
            assert time.monotonic() < until
            time.sleep(0.2)
        assert answer[1]["status"] == "succeeded"
        assert said(server, CREATE, ORDER)["id"] != task
        assert server.end()[0] == 0
    told = mistake(run("serve", "--port", "0", "--store", url.replace("main", "other")))
    assert "No master found for 'other'" in told
