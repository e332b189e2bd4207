"""Pages of the console in a real Chromium, and what none of them may do."""

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

COMMAND = [sys.executable, "-m", "simulator", "serve", "--port", "0", "--callbacks", "local"]
TABS = ("start", "tasks", "time", "outcomes", "calls", "verdict", "reference")
KEY, OTHER = "sk-mine", "sk-<img/src=x/onerror=alert(1)>"


class Wrong(Exception):
    """Something in the console that must not be."""


def send(
    base: str, path: str, body: Any = None, key: str = KEY, form: dict[str, str] | None = None
) -> Any:
    """A call as a client makes it; the answer, whatever its status, or None where it is lost."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    if form is not None:
        part = '--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
        data = ("".join(part % item for item in form.items()) + "--x--\r\n").encode()
        headers["Content-Type"] = "multipart/form-data; boundary=x"
    request = urllib.request.Request(base + path, data, headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return error.read()
    except OSError:
        return None


class Watch:
    """What a page must not do: errors in its console, requests to elsewhere, dialogs."""

    def __init__(self, page: Page, base: str) -> None:
        self.base, self.wrong = base, list[str]()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("request", self._request)
        page.on("dialog", self._dialog)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.base, "blob:", "data:")):
            self.wrong.append(f"a foreign request: {request.url}")

    def _dialog(self, dialog: Any) -> None:
        self.wrong.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def none(self, where: str) -> None:
        if self.wrong:
            raise Wrong(f"{where}: {self.wrong}")


@contextmanager
def opened(browser: Browser, base: str, **given: Any) -> Iterator[tuple[Page, Watch]]:
    context = browser.new_context(**given)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.set_default_timeout(10_000)
    watch = Watch(page, base)
    try:
        yield page, watch
    finally:
        context.close()


def tab(page: Page, base: str, name: str) -> None:
    page.goto(f"{base}/_sim/#{name}")
    expect(page.locator("main h2").first).to_be_visible()


def choose(page: Page, key: str) -> None:
    page.fill("#key", key)
    page.locator("#key").press("Enter")
