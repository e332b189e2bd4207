"""The console of a server that ends and begins again."""

from contextlib import ExitStack

from playwright.sync_api import Browser, expect

from tests.bench.servers import started
from tests.browser.pages import COMMAND, TABS, opened, tab

ASKED = {"start", "time", "verdict", "reference"}  # these ask the server when somebody does
PATIENCE_MS = 20_000


def returning(browser: Browser) -> None:
    """Every tab says that the server is away, and goes on by itself once it is back."""
    with ExitStack() as held:
        with started(COMMAND) as server:
            port, base = str(server.port), f"http://127.0.0.1:{server.port}"
            pages = {name: held.enter_context(opened(browser, base))[0] for name in TABS}
            for name, page in pages.items():
                tab(page, base, name)
        for name, page in pages.items():
            if name in ASKED:
                page.evaluate("dispatchEvent(new Event('hashchange'))")
            expect(page.locator("#away")).to_contain_text("does not answer")
        with started([port if word == "0" else word for word in COMMAND]):
            for page in pages.values():
                expect(page.locator("#away")).to_be_hidden(timeout=PATIENCE_MS)
                expect(page.locator("main h2").first).to_be_visible(timeout=PATIENCE_MS)
