"""Ark's newest client for Python, ``arkruntime``: a draft, its final video, lists and refusals."""

import sys
import time
import urllib.request
from typing import Any

import arkruntime  # type: ignore[import-not-found,unused-ignore]
from arkruntime._exceptions import (  # type: ignore[import-not-found,unused-ignore]
    ArkBadRequestError,
    ArkNotFoundError,
)

MODEL = "doubao-seedance-2-5-260628"
TEXT = [{"type": "text", "text": "A lantern sways in the wind"}]
CONSTRAINT = "InvalidParameter.TaskTypeConstraint"


def main(base: str, key: str, picture: str) -> None:
    client = arkruntime.Ark(base_url=f"{base}/ark/api/v3", api_key=key, max_retries=0)
    tasks = client.content_generation.tasks
    small = ended(tasks, tasks.create(model=MODEL, content=TEXT, draft=True, duration=6, seed=7).id)
    assert (small.status, small.draft, small.resolution) == ("succeeded", True, "480p")
    assert small.usage.completion_tokens == small.usage.total_tokens > 0
    final = [{"type": "draft_task", "draft_task": {"id": small.id}}]
    more = {"output_format": "mov"}
    large = ended(
        tasks, tasks.create(model=MODEL, content=final, resolution="1080p", extra_body=more).id
    )
    assert (large.status, large.draft, large.seed, large.duration) == ("succeeded", False, 7, 6)
    assert large.draft_task_id == small.id
    with urllib.request.urlopen(large.content.video_url) as answer:
        assert answer.headers["Content-Type"] == "video/quicktime"
        assert answer.read(12)[4:] == b"ftypqt  "
    listed = tasks.list(page_size=1, status="succeeded", task_ids=[small.id, large.id])
    assert (listed.total, [one.id for one in listed.items]) == (2, [large.id])
    tasks.delete(task_id=small.id)
    refused(ArkNotFoundError, "ResourceNotFound", lambda: tasks.get(task_id=small.id))
    frame = {"url": "https://example.com/a.png"}
    framed = [*TEXT, {"type": "image_url", "image_url": frame, "role": "first_frame"}]
    for doing, code in (
        (lambda: tasks.create(model=MODEL, content=framed, ratio="16:9"), CONSTRAINT),
        (lambda: tasks.create(model=MODEL, content=TEXT, file_format="mp4"), "InvalidParameter"),
        (lambda: tasks.create(model=MODEL, content=TEXT, duration=31), "InvalidParameter"),
    ):
        refused(ArkBadRequestError, code, doing)
    made = tasks.create(model=MODEL, content=TEXT, optimize_prompt=True, human_face_mode="keep")
    assert tasks.get(task_id=made.id).status in ("queued", "running")


def ended(tasks: Any, task_id: str) -> Any:
    """A task at its end."""
    while (task := tasks.get(task_id=task_id)).status in ("queued", "running"):
        time.sleep(0.2)
    return task


def refused(kind: type[Exception], code: str, doing: Any) -> None:
    """What the client makes of a refusal."""
    found: Any = None
    try:
        doing()
    except kind as error:
        found = error
    assert found is not None, "it was taken"
    assert found.code == code, found


if __name__ == "__main__":
    main(*sys.argv[1:])
