"""No fault makes the verdict convict a careful client."""

import pytest

from simulator.faults.catalogue import CATALOGUE
from tests.faults.pair import DIALECTS, fitting
from tests.serving import Server, serve
from tests.verdict.clients import Careful, ask, findings

ENDS = ("succeeded", "failed", "expired", "cancelled", "stuck")
SLOW = ("slow-first-byte", "dribbled-body", "download-trickle")


async def convicted(server: Server, name: str, dialect: str, **more: object) -> str:
    """What the verdict has against the careful client under a fault, empty where it has nothing."""
    key = f"sk-{name}-{len(more)}"
    await ask(server, "/faults", {"fault": name, "match": {"key": key}, **more})
    told = await Careful(server, dialect, key).run()
    await server.advance("1h", key)
    found = {one: bad for one, bad in (await findings(server, key)).items() if bad != "info"}
    return f"{name} {more}: {found}, the user is told: {told}" if found else ""


# Two that are as unlike as can be; the others in CI's own step.
@pytest.mark.parametrize(
    "dialect",
    [
        name if name == "nbility" else pytest.param(name, marks=pytest.mark.slow)
        for name in DIALECTS
    ],
)
async def test_under_every_fault(dialect: str) -> None:
    left_out = () if dialect == "ark" else SLOW
    names = [name for name in CATALOGUE if dialect in fitting(name) and name not in left_out]
    async with serve() as server:
        found = [await convicted(server, name, dialect) for name in names]
    assert [one for one in found if one] == []


@pytest.mark.slow
@pytest.mark.parametrize("dialect", ["ark", "octopusx", "evolink"])
async def test_under_every_lasting_fault(dialect: str) -> None:
    names = [name for name in CATALOGUE if dialect in fitting(name) and name not in SLOW]
    async with serve() as server:
        for_ever = {"times": None, "when": "first:100000"}
        found = [await convicted(server, name, dialect, **for_ever) for name in names]
    assert [one for one in found if one] == []


@pytest.mark.parametrize("dialect", list(DIALECTS))
async def test_at_every_end(dialect: str) -> None:
    async with serve() as server:
        for end in ENDS:
            await ask(server, "/plans", {"plan": {"end": end}, "match": {"key": f"sk-{end}"}})
            told = await Careful(server, dialect, f"sk-{end}").run()
            await server.advance("1h", f"sk-{end}")
            assert await findings(server, f"sk-{end}") == {}, told
