"""The command ``verdict``, as CI runs it."""

from typing import Any

import pytest

from tests.test_cli import CREATE, ORDER, run, serving

LATER = {"advance": "1h", "key": "sk-a"}


def verdict(*arguments: str, **settings: str) -> Any:
    return run("verdict", *arguments, **settings)


def test_a_good_client_a_bad_one_and_what_counts() -> None:
    with serving() as server:
        url = f"{server.base}/ark"
        unseen = verdict("--base-url", url, "--key", "sk-a")
        server.call(CREATE, ORDER)
        good = verdict("--base-url", url, "--key", "sk-a")
        server.call("/_sim/clock", LATER)
        bad = verdict("--base-url", url, "--key", "sk-a")
        info = verdict("--base-url", server.base, "--key", "sk-b", "--fail-on", "info")
    assert (good.returncode, bad.returncode) == (0, 1)
    assert (unseen.returncode, info.returncode) == (4, 4)
    assert unseen.stdout.endswith("verdict: none, nothing was seen of this key\n")
    assert good.stdout.endswith("verdict: pass\n")
    assert bad.stdout.startswith("error: never-polled: A task was created")
    assert "(calls 1)\n" in bad.stdout
    assert "\nnot judged: " in bad.stdout
    assert bad.stdout.endswith("verdict: fail\n")


def test_nothing_of_a_finding_is_for_the_terminal_to_obey() -> None:
    with serving() as server:
        server.call(CREATE, {**ORDER, "\x1b[2Jred\x9b31m": 7})
        found = verdict("--base-url", server.base, "--key", "sk-a", "--fail-on", "warning")
    assert found.returncode == 1
    assert "The field \\x1b[2Jred\\x9b31m of an order" in found.stdout


def test_variables_do_for_flags() -> None:
    with serving("--admin-token", "word") as server:
        settings = {"SEEDANCE_SIM_BASE_URL": server.base, "SEEDANCE_SIM_KEY": "sk-a"}
        assert verdict(**settings).returncode == 3
        assert verdict(**settings, SEEDANCE_SIM_ADMIN_TOKEN="word").returncode == 4


def test_nobody_there() -> None:
    done = verdict("--base-url", "http://127.0.0.1:1", "--key", "sk-a")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("seedance-sim: http://127.0.0.1:1 cannot be reached")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--key", "sk-a"],
        ["--base-url", "http://127.0.0.1:1"],
        ["--base-url", "nowhere", "--key", "sk-a"],
        ["--base-url", "http://127.0.0.1:1", "--key", ""],
        ["--base-url", "http://127.0.0.1:1", "--key", "sk-a", "--fail-on", "anything"],
        ["--base-url", "http://127.0.0.1:1", "--key", "sk-a", "--json"],
    ],
)
def test_a_mistake_is_one_line(arguments: list[str]) -> None:
    done = verdict(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1


def test_only_the_host_of_the_address_counts() -> None:
    with serving() as server:
        assert verdict("--base-url", server.base + "/nowhere", "--key", "sk-a").returncode == 4
