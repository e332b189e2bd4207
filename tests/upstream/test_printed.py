"""The three commands of the README, as they are printed: record, replay, and the drift of it."""

import re
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.driving import KEY
from tests.test_cli import run, serving

README = Path(__file__).parent.parent.parent / "README.md"
GATEWAY = "http://127.0.0.1:4000"
MODEL = "doubao-seedance-2-0-260128"
PROMPT = "A paper boat"

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


def printed(dialect: str, upstream: str, file: Path) -> list[list[str]]:
    """The words after ``seedance-sim`` of each, said of a dialect, an upstream and a file."""
    found = re.search(
        rf"    seedance-sim (serve .*{GATEWAY}.*)\n    seedance-sim (serve .*)\n"
        r"    seedance-sim (drift .*)\n",
        README.read_text("utf-8"),
    )
    assert found is not None
    other = {"openai": dialect, GATEWAY: upstream, "run.jsonl": str(file)}
    return [[other.get(word, word) for word in line.split()] for line in found.groups()]


def openai(base: str, close: ExitStack) -> tuple[str, str, bytes]:
    """What OpenAI's own client is told of a task: its id, its end, its clip."""
    from openai import BadRequestError, OpenAI

    client = close.enter_context(OpenAI(base_url=f"{base}/openai/v1", api_key=KEY, max_retries=0))
    with pytest.raises(BadRequestError):
        client.videos.create(model="nope", prompt=PROMPT)
    done = client.videos.create_and_poll(model=MODEL, prompt=PROMPT, poll_interval_ms=100)
    return done.id, done.status, client.videos.download_content(done.id).read()


def ark(base: str, close: ExitStack) -> tuple[str, str, bytes]:
    """The same of Ark's."""
    from urllib.request import urlopen

    from volcenginesdkarkruntime import Ark

    made: Any = Ark(base_url=f"{base}/ark/api/v3", api_key=KEY, max_retries=0)
    tasks = close.enter_context(made).content_generation.tasks
    task = tasks.create(model=MODEL, content=[{"type": "text", "text": PROMPT}])
    while (told := tasks.get(task_id=task.id)).status in ("queued", "running"):
        time.sleep(0.1)
    with urlopen(told.content.video_url) as answer:
        return told.id, told.status, answer.read()


@pytest.mark.slow
@pytest.mark.parametrize("client", [openai, ark])
def test_a_client_is_recorded_replayed_and_compared(client: Any, tmp_path: Path) -> None:
    name = client.__name__
    with ExitStack() as close, serving("--fidelity", "observed", "--rate", "9") as behind:
        record, replay, drift = printed(name, f"{behind.base}/{name}", tmp_path / "run.jsonl")
        with serving(*record[1:]) as front:
            first = client(front.base, close)
            assert front.end()[0] == 0
        behind.end()
        with serving(*replay[1:]) as again:
            assert client(again.base, close) == first
    assert first[2][4:8] == b"ftyp"
    told = run(*drift)
    assert (told.returncode, "no differences" in told.stdout) == (0, True), told.stdout
