"""The pytest plugin, as a project that tests its client has it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.test_cli import serving

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parent.parent
CLIENT = """
import json, urllib.request

ORDER = {"model": "doubao-seedance-2-0-260128", "resolution": "480p",
         "content": [{"type": "text", "text": "A boat"}]}

def call(one, body=None, task=""):
    url = one.url("ark") + "/api/v3/contents/generations/tasks" + task
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {one.key}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, data, headers)) as answer:
        return json.load(answer)

def order(one):
    return call(one, ORDER)["id"]

def show(one, task):
    return call(one, task=f"/{task}")
"""
INI = """
[pytest]
filterwarnings = error
asyncio_mode = strict
asyncio_default_fixture_loop_scope = function
"""
Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs pytest in a process of its own on one test file."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeini(INI)
    pytester.makepyfile(client=CLIENT)

    def start(text: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(test_it=f"import asyncio, pytest\nfrom client import *\n{text}")
        given: tuple[str, ...] = ("-p", "simulator.plugin")
        without = ("cacheprovider", "randomly", "hypothesispytest", "schemathesis", "valkey")
        given += tuple(word for name in without for word in ("-p", f"no:{name}"))
        return pytester.runpytest_subprocess(*given, *arguments)

    return start


WHOLE = """
def test_a_life(seedance):
    task = order(seedance)
    assert seedance.tasks()[0]["id"] == task
    assert seedance.tasks("nbility") == []
    seedance.advance("1m")
    link = show(seedance, task)["content"]["video_url"]
    assert seedance.clip(link)[4:8] == b"ftyp"
    assert [one["kind"] for one in seedance.calls()] == ["create", "query", "download"]
    assert len(seedance.calls(kind="query", status="200")) == 1
    assert seedance.verdict().findings == []
    seedance.assert_resilient("info")
    seedance.bill().assert_at_most(tasks=1, orphaned=0, cost_usd=1)
    seedance.advance("24h")
    with pytest.raises(AssertionError, match="403.*has expired"):
        seedance.clip(link)

def test_what_goes_wrong(seedance):
    wanted = {"duration": 5, "resolution": "480p"}
    seedance.plan(end="failed", code="InternalServiceError", dialect="ark", order=wanted)
    seedance.fault("502-html", call="query", times=1)
    task = order(seedance)
    seedance.clock(advance="5s", freeze=True)
    with pytest.raises(urllib.error.HTTPError, match="502"):
        show(seedance, task)
    assert show(seedance, task)["error"]["code"] == "InternalServiceError"
    seedance.bill().assert_at_most(tasks=0)
    before = seedance.clock()
    assert before["frozen"] and before == seedance.clock()

def test_a_wrong_wish_is_told(seedance):
    with pytest.raises(Exception, match="there is no fault 'nope'"):
        seedance.fault("nope")
    with pytest.raises(Exception, match="advance is not a duration"):
        seedance.advance("soon")

def test_assertions_say_why(seedance):
    order(seedance)
    seedance.advance("1h")
    with pytest.raises(AssertionError, match="never-polled: A task was created"):
        seedance.assert_resilient()
    with pytest.raises(AssertionError, match="orphaned = 1, more than 0"):
        seedance.bill().assert_at_most(orphaned=0)
    assert seedance.verdict().ids == {"never-polled"}

@pytest.mark.asyncio
async def test_as_a_coroutine(aseedance):
    await aseedance.plan(end="failed")
    task = await asyncio.to_thread(order, aseedance)
    await aseedance.advance("1m")
    assert (await asyncio.to_thread(show, aseedance, task))["status"] == "failed"
    await aseedance.fault("200-html")
    assert len(await aseedance.calls()) == 2
    assert len(await aseedance.tasks()) == 1
    assert (await aseedance.bill()).tasks == 0
    await aseedance.assert_resilient("info")

def test_without_a_plugin_for_coroutines(aseedance):
    asyncio.run(aseedance.advance("1m"))
    asyncio.run(aseedance.reset())
"""


def slow(*values: object) -> Any:
    """A case of the slow proofs."""
    return pytest.param(*values, marks=pytest.mark.slow)


@pytest.mark.parametrize("arguments", [(), slow(("-n", "2"))])
def test_everything_it_offers(run: Run, arguments: tuple[str, ...]) -> None:
    run(WHOLE, *arguments).assert_outcomes(passed=6)


def test_a_test_that_fails_shows_what_happened(run: Run) -> None:
    text = """
def test_it(seedance):
    order(seedance)
    seedance.advance("1h")
    assert False

def test_other():
    assert False
"""
    found = run(text, "--seedance-sim-seed", "5")
    found.assert_outcomes(failed=2)
    found.stdout.fnmatch_lines(
        [
            "*- Seedance simulator -*",
            "http://127.0.0.1:*, key sk-test-*, --seedance-sim-seed=5",
            "  1 create POST /ark/api/v3/contents/generations/tasks 200",
            "error: never-polled: *(calls 1)",
            "verdict: fail",
        ]
    )
    assert str(found.stdout).count("- Seedance simulator -") == 1


@pytest.mark.slow
def test_a_seed_repeats_a_run(run: Run, pytester: pytest.Pytester) -> None:
    text = """
def test_it(seedance):
    with open("ids", "a", encoding="utf-8") as out:
        print(seedance.key, order(seedance)[-5:], file=out)
"""
    for _ in range(2):
        run(text, "--seedance-sim-seed=5").assert_outcomes(passed=1)
    first, second = (pytester.path / "ids").read_text("utf-8").splitlines()
    assert first == second


@pytest.mark.slow
def test_two_hundred_tests_on_one_server_never_meet(run: Run) -> None:
    text = """
@pytest.mark.parametrize("hours", range(1, 201))
def test_it(seedance, hours):
    seedance.clock(freeze=True)
    before = seedance.clock()["now_ms"]
    task = order(seedance)
    assert [one["id"] for one in seedance.tasks()] == [task]
    seedance.advance(f"{hours}h")
    assert seedance.clock()["now_ms"] - before == hours * 3_600_000
    assert [one["kind"] for one in seedance.calls()] == ["create"]
"""
    with serving() as server:
        run(text, "-n", "2", "--seedance-url", server.base).assert_outcomes(passed=200)
        assert server.call("/_sim/tasks")[1]["total"] == 0
        assert server.call("/_sim/calls")[1]["total"] == 0


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        slow(
            ("--seedance-sim-pace=slow",), "--seedance-sim-pace must be one of instant, fast, real"
        ),
        slow(("--seedance-sim-seed=x",), "--seedance-sim-seed must be a whole number"),
        (("--seedance-url=http://127.0.0.1:1",), "--seedance-url: http://127.0.0.1:1 cannot be"),
        slow(("--seedance-url=http://127.0.0.1:1", "--seedance-sim-seed=1"), "of an own simulator"),
    ],
)
def test_a_wrong_option_ends_the_run(run: Run, arguments: tuple[str, ...], wanted: str) -> None:
    found = run("def test_it(seedance): pass", *arguments)
    assert found.ret == 4
    assert wanted in "\n".join(found.outlines + found.errlines)


@pytest.mark.slow
def test_the_ini_file_does_too(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeini(INI + "seedance_sim_pace = instant\n")
    text = """
def test_it(seedance):
    assert show(seedance, order(seedance))["status"] == "succeeded"
"""
    run(text).assert_outcomes(passed=1)


def test_who_does_not_use_it_does_not_pay() -> None:
    code = "import sys, simulator.plugin; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert {name for name in loaded if name.split(".")[0] == "simulator"} == {
        "simulator",
        "simulator.plugin",
    }
    assert not loaded & {"aiohttp", "msgspec", "http.client", "asyncio"}
