"""Calls of the journal, copied from the console as tests, which pytest then runs."""

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from simulator.dialects import load
from tests.bench.servers import started
from tests.browser.pages import COMMAND, KEY, Wrong, opened, send, tab

CODE = "OutputVideoSensitiveContentDetected"
# What stood when somebody ordered, by the key of the order: a control call and its body.
STOOD: Mapping[str, tuple[str, dict[str, Any]]] = {
    "sk-plain": ("", {}),
    "sk-failed": ("plans", {"plan": {"run": "90s", "end": "failed", "code": CODE}}),
    "sk-refused": ("plans", {"plan": {"code": "InputTextSensitiveContentDetected"}}),
    "sk-changed": ("plans", {"plan": {"then": {"run": "5s", "end": "failed"}}}),
    "sk-lost": ("faults", {"fault": "drop-after-accept", "times": 1}),
    "sk-made-up": ("faults", {"fault": {"status": 418, "body": {"tea": True}}, "times": 1}),
    "sk-for-ever": ("faults", {"fault": "foreign-task-id", "times": None}),
    "sk-polled": ("faults", {"fault": "500-own", "match": {"call": "query"}, "times": 1}),
}
PYTEST = [
    *(sys.executable, "-m", "pytest", "-q", "-W", "error"),
    *("-p", "no:cacheprovider", "-p", "no:asyncio"),
]
WORDS = {"sk-failed": CODE, "sk-lost": "drop-after-accept", "sk-polled": "500-own"}


def proven(browser: Browser) -> int:
    """Copy each call as a test and let pytest run them all; how many there were."""
    with started(COMMAND) as server, tempfile.TemporaryDirectory() as folder:
        base = f"http://127.0.0.1:{server.port}"
        for key in STOOD:
            prepare(base, key)
        found = send(base, "/_sim/calls?limit=1000")["items"]
        with opened(browser, base) as (page, watch):
            tests = [copied(page, base, one["id"]) for one in found]
            watch.none("the tests")
        for word in WORDS.values():
            if not any(word in text for text in tests):
                raise Wrong(f"no test asks for {word}")
        for number, text in enumerate(tests):
            Path(folder, f"test_copied_{number}.py").write_text(text, "utf-8")
        done = subprocess.run([*PYTEST, folder], cwd=folder, capture_output=True, text=True)
        if done.returncode:
            raise Wrong(f"a test that was copied fails: {(done.stdout + done.stderr)[-1400:]}")
    return len(tests)


def shown(browser: Browser) -> None:
    """What a finding is copied as fails, and says why."""
    with started(COMMAND) as server, tempfile.TemporaryDirectory() as folder:
        base = f"http://127.0.0.1:{server.port}"
        ark = load("ark")
        path = "/ark" + ark.route("create").path
        send(base, "/_sim/faults", {"fault": "drop-after-accept", "times": 1})
        for _ in range(2):
            send(base, path, dict(ark.example))
        with opened(browser, base) as (page, watch):
            tab(page, base, "verdict")
            page.get_by_role("button", name=KEY, exact=True).click()
            page.get_by_text("As pytest").first.click()
            text = page.locator("details[open] pre").first
            text.wait_for()
            Path(folder, "test_copied.py").write_text(str(text.inner_text()), "utf-8")
            watch.none("the finding")
        done = subprocess.run([*PYTEST, folder], cwd=folder, capture_output=True, text=True)
        if done.returncode != 1 or "error: duplicate-task" not in done.stdout:
            raise Wrong(f"a finding that was copied: {(done.stdout + done.stderr)[-1400:]}")


def prepare(base: str, key: str) -> None:
    """An order of ark and one of nbility, which takes forms, and a poll; with what stood."""
    call, body = STOOD[key]
    ark, nbility = load("ark"), load("nbility")
    if call:
        asked = {**body, "match": {**body.get("match", {}), "key": key, "dialect": "ark"}}
        send(base, f"/_sim/{call}", asked)
    path = "/ark" + ark.route("create").path
    send(base, path, dict(ark.example), key)
    made = send(base, f"/_sim/tasks?key={key}")["items"]
    if made:
        send(base, "/_sim/clock", {"key": key, "advance": "2s"})
        send(base, f"{path}/{made[0]['id']}", key=key)
    if key == "sk-plain":
        form = {name: str(value) for name, value in nbility.example.items()}
        send(base, "/nbility" + nbility.route("create").path, key=key, form=form)


def copied(page: Page, base: str, call: int) -> str:
    """The text of a call's test, as the console shows it."""
    tab(page, base, f"calls/{call}")
    page.reload()
    page.get_by_text("As pytest").click()
    shown = page.locator("details", has_text="As pytest").locator("pre")
    shown.wait_for()
    return str(shown.inner_text())
