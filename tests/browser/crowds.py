"""The console of a server with ten thousand tasks: how soon it shows, how much it loads."""

import re
import time
from statistics import median
from urllib.parse import quote

from playwright.sync_api import Browser, Page, Response, expect

from simulator.dialects import load
from tests.bench.polling import COUNT, KEY, Load, ordering
from tests.bench.servers import Started, started
from tests.browser.pages import COMMAND, TABS, Wrong, choose, opened, send, tab

TASKS = 10_000
LAST_KEY = "sk-the-last"
MOST_MS = 1000
MOST_BYTES = 150 * 1024
MOST_HEARD = 256 * 1024
LOADS = 5
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


def crowded(browser: Browser) -> str:
    """Look at everything that has to go on with so many tasks; the figures, in words."""
    with started(COMMAND) as server:
        base = f"http://127.0.0.1:{server.port}"
        fill(server, base)
        paint, rows = shown(browser, base)
        misses, size_read = missed(browser, base)
        of_one_key(browser, base)
        size = weight(browser, base)
    if paint > MOST_MS:
        raise Wrong(f"the first paint takes {paint:.0f} ms with {TASKS} tasks")
    if misses > MOST_MS or size_read > MOST_HEARD:
        raise Wrong(f"near misses: first paint after {misses:.0f} ms, and {size_read} bytes read")
    if size > MOST_BYTES:
        raise Wrong(f"the console loads {size} bytes")
    return (
        f"{TASKS} tasks: first paint {paint:.0f} ms, rows {rows:.0f} ms, "
        f"outcomes {misses:.0f} ms with {size_read} bytes of near misses; {size} bytes in all"
    )


def missed(browser: Browser, base: str) -> tuple[float, int]:
    """The first paint of the outcomes, and the bytes read for the near misses of so many orders."""
    paints, sizes = [], []
    for _ in range(LOADS):
        with opened(browser, base) as (page, watch):
            read = heard(page)
            tab(page, base, "outcomes")
            page.get_by_text(re.compile(r"the newest 50 of \d{5}")).wait_for()
            paints.append(float(page.evaluate(PAINT)))
            sizes.append(sum(len(one.body()) for one in read if "/_sim/calls" in one.url))
            watch.none("near misses")
    return median(paints), max(sizes)


def heard(page: Page) -> list[Response]:
    """The answers that a page has from now on."""
    read: list[Response] = []

    def keep(one: Response) -> None:
        read.append(one)  # Playwright marks the function, which a built-in method cannot bear

    page.on("response", keep)
    return read


def fill(server: Started, base: str) -> None:
    """Ten thousand tasks of one key, which all miss a plan, and after them one of another."""
    words = {"prompt": "words that no order has"}
    send(base, "/_sim/plans", {"match": words, "plan": {"end": "failed"}, "times": None})
    load_ = Load(server, ordering(server.port))
    for _ in range(-(-TASKS // COUNT)):
        load_.run()
    ark = load("ark")
    send(base, "/ark" + ark.route("create").path, dict(ark.example), LAST_KEY)


def shown(browser: Browser, base: str) -> tuple[float, float]:
    """Milliseconds to the first paint of the tasks, and to the first row; of several loads."""
    paints, rows = [], []
    for _ in range(LOADS):
        with opened(browser, base) as (page, watch):
            since = time.perf_counter()
            tab(page, base, "tasks")
            page.locator(".row").first.wait_for()
            rows.append(1000 * (time.perf_counter() - since))
            paints.append(float(page.evaluate(PAINT)))
            watch.none("many tasks")
    return median(paints), median(rows)


def of_one_key(browser: Browser, base: str) -> None:
    """Every key is offered, and an order of a key with many tasks is followed to its clip."""
    with opened(browser, base) as (page, watch):
        tab(page, base, "start")
        for key in (KEY, LAST_KEY):
            expect(page.locator(f"#keys option[value={key}]")).to_have_count(1)
        choose(page, KEY)
        page.get_by_role("button", name="Create it now").click()
        expect(page.get_by_label("The clip")).to_be_visible(timeout=20_000)
        page.get_by_role("link", name="Everything about this task").click()
        expect(page.locator("main h2 code")).to_be_visible(timeout=20_000)
        watch.none(f"the key {quote(KEY)}")


def weight(browser: Browser, base: str) -> int:
    """The bytes of everything that the console loads, without clips and answers of the plane."""
    with opened(browser, base) as (page, watch):
        urls = {f"{base}/_sim/"}
        page.on("request", lambda one: urls.add(one.url) if "/_sim/console/" in one.url else None)
        for name in TABS:
            tab(page, base, name)
        watch.none("weight")
        return sum(len(page.request.get(url).body()) for url in sorted(urls))
