"""The console in a real Chromium: every tab and button, hostile texts, two accounts, axe-core.

Run ``python -m tests.browser [FOLDER]``; into the folder go screenshots of every tab at 390 and
1600 pixels, light and dark. It takes the machine's own Chromium, or the one of Playwright.
"""

import shutil
import sys
from pathlib import Path
from urllib.parse import quote

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from simulator.dialects import load
from tests.bench.servers import started
from tests.browser.crowds import crowded
from tests.browser.outages import returning
from tests.browser.pages import COMMAND, KEY, OTHER, TABS, Wrong, choose, opened, send, tab
from tests.browser.proofs import proven, shown
from tests.browser.steady import steady

LOOKS = ((390, "light"), (390, "dark"), (1600, "light"), (1600, "dark"))
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> \"'`{{7*7}}"
LONGEST = 4000  # pixels, on a phone
SERIOUS = {"serious", "critical"}
ADMIN = "of-the-browser"
CUT_OFF = "[...document.querySelectorAll('pre')].some(one => one.scrollWidth > one.clientWidth)"
CODE = "OutputVideoSensitiveContentDetected"


def prepare(base: str) -> str:
    """Two accounts that did things, one of them with hostile texts; the id of a task."""
    ark = load("ark")
    path = "/ark" + ark.route("create").path
    made = ""
    for words in (
        "A paper boat",
        HOSTILE,
        f"fails [[sim: fail={CODE}]]",
    ):
        order = {**ark.example, "content": [{"type": "text", "text": words}]}
        task = send(base, path, order)["id"]
        made = made or task
        send(base, path, order, OTHER)
    send(base, f"{path}/{made}")
    send(base, f"/ark/{quote(HOSTILE)}")
    body = {"fault": "drop-after-accept", "match": {"key": "sk-nobody"}, "times": 1}
    send(base, "/_sim/faults", body)
    return made


def screens(browser: Browser, base: str, folder: Path | None) -> None:
    """Every tab at both widths, light and dark: nothing serious, nothing cut off."""
    for width, scheme in LOOKS:
        size = {"width": width, "height": 900}
        with opened(browser, base, viewport=size, color_scheme=scheme) as (page, watch):
            for name in TABS:
                tab(page, base, name)
                if name in ("tasks", "calls"):
                    page.locator(".row").first.click()
                    page.wait_for_timeout(600)
                    expect(page.locator("main .two > .card h2")).to_be_in_viewport()
                sound(page, f"{name} at {width}, {scheme}", width)
                long = page.evaluate("document.documentElement.scrollHeight")
                if long > LONGEST:
                    raise Wrong(f"{name} at {width}: the page is {long} long")
                if folder is not None:
                    page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
            page.goto(base)
            sound(page, f"the page at / at {width}, {scheme}", width)
            if page.evaluate(CUT_OFF):
                raise Wrong(f"the page at / at {width}: a line is cut off")
            watch.none(f"{width}, {scheme}")


def sound(page: Page, where: str, width: int) -> None:
    """Nothing serious for axe-core, and nothing wider than the screen."""
    found = Axe().run(page).response["violations"]
    bad = [
        (one["id"], one["nodes"][0]["html"][:200], one["nodes"][0]["failureSummary"])
        for one in found
        if one["impact"] in SERIOUS
    ]
    if bad:
        raise Wrong(f"{where}: {bad}")
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > width:
        raise Wrong(f"{where}: the page is {wide} wide")


def used(browser: Browser, base: str, made: str) -> None:
    """What somebody does: choose a key, run an order, play it, move time, ask, look, judge."""
    with opened(browser, base, viewport={"width": 1280, "height": 900}) as (page, watch):
        tab(page, base, "start")
        choose(page, KEY)
        page.get_by_role("button", name="Copy the command that creates").click()
        expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
        if KEY not in page.evaluate("navigator.clipboard.readText()"):
            raise Wrong("the command that was copied has not the chosen key")
        for name in page.locator("[aria-label=Dialects] button").all_inner_texts():
            page.get_by_role("group", name="Dialects").get_by_role(
                "button", name=name, exact=True
            ).click()
            page.get_by_role("button", name="Create it now").click()
            expect(page.get_by_label("The clip")).to_be_visible(timeout=20_000)
        page.get_by_role("link", name="Everything about this task").click()
        expect(page.get_by_alt_text("The last frame")).to_be_visible(timeout=20_000)
        failing(page, base)
        keyed(page, base)
        tasks(page, base, made)
        time(page, base)
        refused = [one for one in watch.wrong if "status of 400" in one]
        watch.wrong = [one for one in watch.wrong if one not in refused[:1]]  # the nonsense
        outcomes(page, base)
        calls(page, base)
        choose(page, "")
        tab(page, base, "verdict")
        page.get_by_role("button", name=KEY, exact=True).click()
        expect(page.get_by_text("Verdict:")).to_be_visible()
        page.get_by_role("button", name="Judge again").click()
        expect(page.get_by_text("Paid tasks")).to_be_visible()
        tab(page, base, "reference")
        page.get_by_label("Search").fill("advance")
        expect(page.get_by_text("POST /_sim/clock", exact=True)).to_be_visible()
        page.get_by_label("Search").fill("")
        page.locator("main select").first.select_option("ark")
        expect(page.get_by_role("link", name="OpenAPI of ark")).to_be_visible()
        watch.none("used")


def keyed(page: Page, base: str) -> None:
    """By keyboard alone: no tab, no list that is drawn anew takes the focus away."""
    tab(page, base, "tasks")
    page.locator("#tabs a", has_text="Outcomes").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Outcomes")).to_be_visible()
    held(page, "Outcomes")
    send(base, "/_sim/faults", {"fault": "429-own", "match": {"key": KEY}, "times": 1})
    back = page.get_by_role("button", name="Take back fault-", exact=False).first
    back.focus()
    page.wait_for_timeout(2500)
    held(page, "Take back")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("is taken back")
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Outcomes")).to_be_visible()
    tab(page, base, "calls")
    page.locator(".row").first.focus()
    shown = page.evaluate("document.activeElement.querySelector('.sub').textContent")
    send(base, "/ark/pressed-by-nobody")
    expect(page.locator(".row", has_text="pressed-by-nobody")).to_be_visible()
    if page.evaluate("document.activeElement.querySelector('.sub')?.textContent") != shown:
        raise Wrong("a call that came took the focus from another")


def held(page: Page, words: str) -> None:
    if page.evaluate("document.activeElement.textContent") != words:
        raise Wrong(f"the focus is no longer on {words}")


def failing(page: Page, base: str) -> None:
    """An order that fails says why, and leads to its task."""
    send(base, "/_sim/plans", {"match": {"key": KEY}, "plan": {"end": "failed", "code": CODE}})
    tab(page, base, "start")
    page.get_by_role("button", name="Create it now").click()
    expect(page.get_by_text(CODE)).to_be_visible(timeout=20_000)
    page.get_by_role("link", name="Everything about this task").click()
    expect(page.locator("main h2", has_text="failed")).to_be_visible()


def tasks(page: Page, base: str, made: str) -> None:
    tab(page, base, "tasks")
    page.get_by_label("Search").fill(made)
    expect(page.locator(".row")).to_have_count(1)
    page.locator(".row").click()
    expect(page.get_by_label("The clip")).to_be_visible(timeout=20_000)
    script = "v => new Promise(r => v.videoWidth ? r(1) : v.onloadeddata = () => r(v.videoWidth))"
    playing = page.get_by_label("The clip").evaluate(script)
    if not playing:
        raise Wrong("the clip does not play")
    page.get_by_label("Search").fill("")
    page.get_by_label("Phase").select_option("failed")
    expect(page.locator(".row").first).to_contain_text("failed")
    page.get_by_label("Phase").select_option("")
    page.locator(".rows").press("ArrowDown")
    expect(page.locator(".row[aria-pressed=true]")).to_have_count(1)
    choose(page, OTHER)
    expect(page.locator(".row", has_text="<script>")).to_be_visible()
    page.locator(".row", has_text="<script>").click()
    expect(page.locator("dd", has_text="onerror=alert(2)")).to_be_visible()
    if page.locator("main img[src=x]").count():
        raise Wrong("a prompt became markup")
    choose(page, KEY)


def time(page: Page, base: str) -> None:
    tab(page, base, "time")
    before = page.get_by_label("Time", exact=True).inner_text()
    for name in ("+10 s", "+1 min", "+1 h", "+24 h", "+7 d"):
        page.get_by_role("button", name=name).click()
        expect(page.get_by_role("status")).to_contain_text("Done")
        page.wait_for_timeout(100)
    if page.get_by_label("Time", exact=True).inner_text()[:10] == before[:10]:
        raise Wrong("the clock did not move")
    page.get_by_role("button", name="Freeze").click()
    expect(page.get_by_role("button", name="Let it run")).to_be_visible()
    page.get_by_role("button", name="Let it run").click()
    expect(page.get_by_role("button", name="Freeze")).to_be_visible()
    page.get_by_label("Simulated seconds per second").fill("60")
    page.get_by_role("button", name="Set the rate").click()
    expect(page.get_by_text("60 simulated seconds")).to_be_visible()
    send(base, "/_sim/clock", {"rate": 30, "key": KEY})  # which somebody else does
    expect(page.get_by_text("30 simulated seconds")).to_be_visible()
    page.get_by_label("Ahead by").fill("nonsense")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("advance")


def outcomes(page: Page, base: str) -> None:
    tab(page, base, "outcomes")
    page.get_by_label("Search by symptom").fill("accepted lost")
    expect(page.get_by_role("button", name="drop-after-accept: once")).to_be_visible()
    page.get_by_label("Search by symptom").fill("")
    expect(page.get_by_role("button", name="drop-after-accept: once")).to_be_hidden()
    page.get_by_text("Connections: lost").click()
    expect(page.get_by_role("button", name="drop-after-accept: once")).to_be_visible()
    page.get_by_label("Search by symptom").fill("drop-after")
    page.get_by_role("button", name="drop-after-accept: once").click()
    expect(page.get_by_role("status")).to_contain_text("stands")
    page.get_by_label("Ends").select_option("failed")
    page.get_by_role("button", name="Plan it").click()
    expect(page.locator("li", has_text="plan-")).to_be_visible()
    page.get_by_role("button", name="drop-after-accept: let it stand").click()
    expect(
        page.locator("li", has_text="drop-after-accept for").filter(has_text="always")
    ).to_have_count(1)
    page.get_by_role("button", name="Take back", exact=False).first.click()
    expect(page.get_by_role("status")).to_contain_text("is taken back")
    page.get_by_role("button", name="Take back all").click()
    expect(page.get_by_text("Nothing stands.")).to_be_visible()


def calls(page: Page, base: str) -> None:
    tab(page, base, "calls")
    choose(page, "")
    expect(page.locator(".row").first).to_be_visible()
    send(base, "/ark/live-and-hostile<b>")
    expect(page.locator(".row", has_text="live-and-hostile")).to_be_visible(timeout=5_000)
    page.get_by_label("Status").fill("200")
    page.locator("label:has-text('Call') select").select_option("create")
    page.locator(".row").first.click()
    page.get_by_text("As curl").click()
    page.get_by_text("As pytest").click()
    expect(page.get_by_text("def test_call_")).to_be_visible()
    page.locator("label:has-text('Call') select").select_option("")
    page.get_by_label("Status").fill("")
    page.get_by_role("button", name="Forget them").click()
    expect(page.get_by_text("0 of 0 calls")).to_be_visible()


def guarded(browser: Browser) -> None:
    """With an admin token the console asks for it, once."""
    with started([*COMMAND, "--admin-token", ADMIN]) as server:
        base = f"http://127.0.0.1:{server.port}"
        with opened(browser, base) as (page, watch):
            page.goto(f"{base}/_sim/#tasks")
            page.locator("#token-value").fill("not-" + ADMIN)
            page.get_by_role("button", name="Go on").click()
            expect(page.get_by_text("does not accept this token")).to_be_visible()
            page.locator("#token-value").fill(ADMIN)
            page.get_by_role("button", name="Go on").click()
            expect(page.get_by_text("0 of 0 tasks")).to_be_visible()
            page.goto(f"{base}/_sim/#calls")
            expect(page.get_by_text("calls, newest first")).to_be_visible()
            watch.wrong = [one for one in watch.wrong if "401" not in one]
            watch.none("guarded")


def main(arguments: list[str]) -> int:
    """Run all of it; 1 with a line on what was wrong."""
    folder = Path(arguments[0]) if arguments else None
    own = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright, started(COMMAND) as server:
        base = f"http://127.0.0.1:{server.port}"
        browser = playwright.chromium.launch(executable_path=own, args=["--no-sandbox"])
        made = prepare(base)
        try:
            screens(browser, base, folder)
            used(browser, base, made)
            guarded(browser)
            steady(browser)
            returning(browser)
            proofs = proven(browser)
            shown(browser)
            figures = crowded(browser)
        except (Wrong, AssertionError, Error) as wrong:
            sys.stdout.write(f"the console: {str(wrong)[:1500]}\n")
            return 1
        finally:
            browser.close()
    sys.stdout.write(
        f"the console: every tab in {len(LOOKS)} looks, nothing wrong\n"
        f"{proofs} calls copied as tests, which pass\n{figures}\n"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
