"""What somebody looks at while it lives: only what is different is drawn anew."""

import urllib.request

from playwright.sync_api import Browser, Page, expect

from simulator.dialects import load
from tests.bench.servers import started
from tests.browser.pages import COMMAND, KEY, Watch, Wrong, choose, opened, send, tab

# More than two turns of the console's own refreshing.
TURNS_MS = 3500
MARK = "e => { e.marked = true; e.focus(); }"
MARKED = "e => e.marked === true"
PLAYS = (
    "v => new Promise(r => { const at = v.currentTime;"
    " setTimeout(() => r(!v.paused && v.currentTime !== at), 300); })"
)


def steady(browser: Browser) -> None:
    """Of a task while it runs, when it ends, and afterwards."""
    with started(COMMAND) as server:
        base = f"http://127.0.0.1:{server.port}"
        plan = {"queue": "0s", "run": "1h"}
        send(base, "/_sim/plans", {"match": {"key": KEY}, "plan": plan})
        ark = load("ark")
        task = send(base, "/ark" + ark.route("create").path, ark.example)["id"]
        with opened(browser, base, viewport={"width": 1280, "height": 900}) as (page, watch):
            _looked_at(page, watch, base, task)


def _looked_at(page: Page, watch: Watch, base: str, task: str) -> None:
    query = "/ark" + load("ark").route("query").target(id=task)
    tab(page, base, "tasks")
    choose(page, KEY)
    row = page.locator(".row", has_text=task)
    row.click()
    page.get_by_text("Order and plan").click()
    text = page.locator("details pre", has_text='"order"')
    text.evaluate("e => { e.style.height = '60px'; e.style.overflow = 'auto'; e.scrollTop = 40; }")
    text.evaluate(MARK)
    row.evaluate("e => { e.marked = true; }")
    for _ in range(3):
        send(base, query)
    expect(page.locator("li", has_text="query")).to_have_count(3)
    page.wait_for_timeout(TURNS_MS)
    for what in (text, row):
        if not what.evaluate(MARKED):
            raise Wrong(f"of a running task {what} is drawn anew, and has not changed")
    if not text.evaluate("e => e === document.activeElement && e.scrollTop === 40"):
        raise Wrong("a running task loses focus and scroll")
    expect(page.locator("details[open]", has_text="Order and plan")).to_be_visible()
    send(base, "/_sim/clock", {"advance": "2h", "key": KEY})
    film = page.get_by_label("The clip")
    expect(film).to_be_visible(timeout=20_000)
    expect(page.locator("main h2", has_text="succeeded")).to_be_visible()
    fetched = page.locator("dt:has-text('Clip fetched') + dd")
    expect(fetched).to_have_text("no")
    film.evaluate("e => { e.marked = true; }")
    with urllib.request.urlopen(send(base, query)["content"]["video_url"]) as clip:
        clip.read()
    expect(fetched).to_have_text("yes")
    expect(page.locator("li", has_text="download")).to_have_count(1)
    page.wait_for_timeout(TURNS_MS)
    if not film.evaluate(MARKED) or not film.evaluate(PLAYS):
        raise Wrong("the clip of a task that ended does not go on playing")
    for _ in range(220):
        send(base, query)
    expect(page.get_by_text("These are the newest 200 of 226.")).to_be_visible()
    expect(page.locator("li", has_text="query")).to_have_count(200)
    watch.none("steady")
