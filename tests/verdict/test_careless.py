"""Each finding convicts a client that earns it, and not the careful one in the same place."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.driving import KEY
from tests.receiving import receiver
from tests.serving import Server, serve
from tests.verdict.clients import Answer, Careful, Reported, ask, findings, verdict


class Reorders(Careful):
    """Gives an order again when no answer came."""

    async def give_order(self) -> Answer:
        answer = await super().give_order()
        return await super().give_order() if answer.transient else answer


class StartsAnew(Careful):
    """Runs everything again when a query fails, as some job queues do."""

    async def query(self, task: str) -> Answer:
        answer = await super().query(task)
        if answer.transient:
            raise ConnectionError
        return answer

    async def run(self) -> str:
        try:
            return await super().run()
        except ConnectionError:
            return await super().run()


class Insists(Careful):
    """Sends what was refused again."""

    async def give_order(self) -> Answer:
        answer = await super().give_order()
        return await super().give_order() if answer.status == 400 else answer


class Impatient(Careful):
    """Comes again a second later, whatever it is told."""

    async def back_off(self, answer: Answer, attempt: int) -> None:
        await self.sleep(1)


class AtOnce(Careful):
    """Comes again at once."""

    async def back_off(self, answer: Answer, attempt: int) -> None:
        return


class KnowsTwoWords(Careful):
    """Ends on success and failure only, and then never."""

    def word(self, answer: Answer) -> str:
        found = super().word(answer)
        return found if found in ("succeeded", "failed") else "running"


class NeverEnds(Careful):
    """Waits for a word that never comes."""

    def word(self, answer: Answer) -> str:
        return ""


class Forgets(Careful):
    """Never asks for its task."""

    async def wait(self, task: str) -> str:
        raise Reported("ordered")


class GivesUp(Careful):
    """Ends at the first failure of a query."""

    tries: int = 1

    async def wait(self, task: str) -> str:
        self.tries = 1
        return await super().wait(task)


class Hurries(Careful):
    """Gives a task up after three queries."""

    async def wait(self, task: str) -> str:
        for _ in range(3):
            await self.query(task)
            await self.sleep(self.pause)
        raise Reported("it takes too long")


class NeverFetches(Careful):
    async def fetch(self, task: str, link: str) -> bytes:
        return b""


class FetchesOnce(Careful):
    async def fetch(self, task: str, link: str) -> bytes:
        return (await self.download(link)).raw


class FetchesLate(Careful):
    """Tries a link that has come to its end, and again."""

    async def fetch(self, task: str, link: str) -> bytes:
        await self.sleep(25 * 3600)
        for _ in range(3):
            await self.download(link)
            await self.sleep(60)
        return b""


class SendsItsKey(Careful):
    async def download(self, link: str) -> Answer:
        await self.send("GET", link)
        return await super().download(link)


class KeepsAnything(Careful):
    def whole(self, answer: Answer) -> bool:
        return True


class PollsTight(Careful):
    async def wait(self, task: str) -> str:
        self.pause = 2
        return await super().wait(task)


Set = Callable[[Server], Awaitable[None]]


def fault(name: Any, **more: Any) -> Set:
    return lambda server: ask(server, "/faults", {"fault": name, **more})


def plan(**wish: Any) -> Set:
    return lambda server: ask(server, "/plans", {"plan": wish})


async def nothing(server: Server) -> None:
    return


QUERY, CREATE, DOWNLOAD = ({"match": {"call": call}} for call in ("query", "create", "download"))
CASES: list[tuple[str, str, type[Careful], Set]] = [
    ("duplicate-task", "error", Reorders, fault("drop-after-accept")),
    ("duplicate-task", "error", Reorders, fault("504-after-accept")),
    ("duplicate-task", "error", StartsAnew, fault("502-html", **QUERY)),
    ("client-error-retried", "warning", Insists, fault({"status": 400}, **CREATE)),
    ("retry-after-ignored", "warning", Impatient, fault("429-retry-after", **CREATE)),
    ("retry-after-ignored", "warning", Impatient, fault("503-retry-after", **QUERY)),
    ("no-back-off", "warning", Impatient, fault({"status": 429}, times=5, **CREATE)),
    ("no-back-off", "warning", Impatient, fault({"status": 500}, times=5, **DOWNLOAD)),
    ("no-back-off", "warning", AtOnce, fault({"status": 429}, times=3, **CREATE)),
    ("end-not-recognised", "error", KnowsTwoWords, plan(end="expired")),
    ("end-not-recognised", "error", KnowsTwoWords, plan(end="cancelled")),
    ("end-not-recognised", "error", NeverEnds, plan(end="failed")),
    ("polled-after-end", "warning", NeverEnds, nothing),
    ("polled-after-end", "warning", KnowsTwoWords, fault("status-synonym", times=None)),
    ("never-polled", "error", Forgets, nothing),
    ("never-polled", "warning", Forgets, plan(end="failed")),
    ("gave-up-on-error", "error", GivesUp, fault("502-html", **QUERY)),
    ("gave-up-on-error", "error", GivesUp, fault("500-at-terminal")),
    ("gave-up-on-error", "error", GivesUp, fault("200-html", **QUERY)),
    ("gave-up-on-error", "error", GivesUp, fault("reset-in-body", **QUERY)),
    ("orphaned-task", "warning", Hurries, plan(run="10m")),
    ("clip-never-fetched", "warning", NeverFetches, nothing),
    ("clip-never-fetched", "warning", FetchesOnce, fault({"status": 502}, **DOWNLOAD)),
    ("fetched-after-expiry", "warning", FetchesLate, nothing),
    ("key-sent-to-storage", "error", SendsItsKey, nothing),
    ("damaged-download-kept", "info", KeepsAnything, fault("download-html")),
]


@pytest.mark.parametrize(("name", "severity", "careless", "happens"), CASES)
async def test_who_earns_a_finding_gets_it(
    name: str, severity: str, careless: type[Careful], happens: Set
) -> None:
    async with serve() as server:
        await happens(server)
        await careless(server).run()
        await server.advance("1h")
        found = await verdict(server)
    assert (name, severity) in [(one["id"], one["severity"]) for one in found["findings"]]
    assert found["verdict"] == ("fail" if "error" in severity else found["verdict"])
    shown = next(one for one in found["findings"] if one["id"] == name)
    assert shown["calls"]
    assert shown["title"].endswith((".", ".)"))
    assert shown["fix"]


@pytest.mark.parametrize("fidelity", ["documented", "observed"])
async def test_clips_without_links_want_to_be_fetched_too(fidelity: str) -> None:
    for client, wanted in ((NeverFetches, {"clip-never-fetched"}), (Careful, set())):
        async with serve(fidelity=fidelity) as server:
            assert await client(server, "openai").run() == "made"
            await server.advance("30m")
            assert set(await findings(server)) == wanted


@pytest.mark.parametrize(("name", "severity", "careless", "happens"), CASES)
async def test_who_does_not_does_not(
    name: str, severity: str, careless: type[Careful], happens: Set
) -> None:
    async with serve() as server:
        await happens(server)
        await Careful(server).run()
        await server.advance("1h")
        found = await findings(server)
    assert {one for one, bad in found.items() if bad != "info"} == set()


@pytest.mark.parametrize(
    ("client", "wanted"),
    [
        (PollsTight, {"polled-too-often"}),
        (Hurries, {"gave-up-early", "orphaned-task"}),
        (Careful, set()),
    ],
)
@pytest.mark.parametrize("pace", ["realistic", "fast"])
async def test_the_documented_pace(pace: str, client: type[Careful], wanted: set[str]) -> None:
    async with serve(pace=pace) as server:
        # An order that asks for no time of its own: the pace is the server's.
        await client(server, "nbility", pause=15, order={"prompt": "A lantern"}).run()
        await server.advance("1h")
        found = await findings(server)
    if pace == "realistic":
        assert set(found) == wanted
    assert pace == "realistic" or not set(found) & {"polled-too-often", "gave-up-early"}


async def test_a_receiver_that_does_not_acknowledge() -> None:
    for answers, wanted in (([500] * 20, {"callback-not-acknowledged": "warning"}), ([500], {})):
        async with serve(callbacks="local") as server, receiver() as told:
            told.answers = list(answers)
            await Careful(server, order={"callback_url": f"{told.url}/hook"}).run()
            await server.advance("1h")
            assert await findings(server) == wanted


async def test_callbacks_alone_do_for_a_client_that_takes_them() -> None:
    async with serve(callbacks="local") as server, receiver() as told:
        client = NeverFetches(server, order={"callback_url": f"{told.url}/hook"})
        await client.create()
        await server.advance("1m")
        await client.download(told.got[-1].body["content"]["video_url"])
        await server.advance("1h")
        assert await findings(server) == {}


async def test_a_client_that_waits_for_a_lost_callback() -> None:
    async with serve(callbacks="local") as server, receiver() as told:
        await ask(server, "/faults", {"fault": "callback-missing", "times": None})
        await Forgets(server, order={"callback_url": f"{told.url}/hook"}).run()
        await server.advance("1h")
        assert await findings(server) == {"never-polled": "error"}


async def test_a_lost_answer_that_nobody_repeats_is_told_of() -> None:
    async with serve() as server:
        await ask(server, "/faults", {"fault": "drop-after-accept"})
        assert "unclear" in await Careful(server).run()
        await server.advance("1h")
        assert await findings(server) == {"orphaned-task": "info"}


async def test_four_times_the_same_order_are_four_wishes() -> None:
    async with serve() as server:
        await asyncio.gather(*[Careful(server).run() for _ in range(4)])
        await server.advance("1h")
        assert await findings(server) == {}


async def test_the_clock_has_to_move_before_anything_counts_as_left() -> None:
    async with serve() as server:
        await Forgets(server).run()
        assert await findings(server) == {}


async def test_nobody_is_judged_by_another_accounts_calls() -> None:
    async with serve() as server:
        await Forgets(server, key="sk-other").run()
        await server.advance("1h", "sk-other")
        assert await findings(server) == {"nothing-seen": "error"}
        assert await findings(server, "sk-other") == {"never-polled": "error"}


async def test_a_journal_that_dropped_something_says_so() -> None:
    async with serve(journal_bytes=10_000) as server:
        await Careful(server).run()
        await server.advance("1h")
        assert await findings(server) == {"journal-incomplete": "info"}


async def test_alike_findings_are_one() -> None:
    async with serve() as server:
        for number in range(5):
            await Forgets(server, order={"seed": number}).run()
        await server.advance("1h")
        (found,) = (await verdict(server))["findings"]
    assert len(found["calls"]) == 5
    assert "4 more" in found["title"]


@pytest.mark.parametrize("query", [{}, {"key": ""}, {"key": KEY, "limit": "5"}])
async def test_a_verdict_is_on_one_key(query: dict[str, str]) -> None:
    async with (
        serve() as server,
        server.anonymous.get(f"{server.base}/_sim/verdict", params=query) as answer,
    ):
        assert answer.status == 400
        assert (await answer.json())["error"]["field"] == ("limit" if "limit" in query else "key")
