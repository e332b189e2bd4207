"""How a client of each dialect finds its task's id, and reads how the task is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What one poll says. ``cost`` is empty where the dialect does not tell it."""

    word: str
    percent: int
    url: str = ""
    failure: str = ""
    cost: str = ""


@dataclass(frozen=True, slots=True)
class Client:
    """Where tasks are created and queried, and where the facts stand in the answers."""

    create: str
    query: str
    task: Callable[[Any], str]
    read: Callable[[Any], Answer]
    multipart: bool = False


# Ark tells no progress, so its words stand for some.
ARK_PERCENT = {"queued": 10, "running": 50}


def nbility(body: Any) -> Answer:
    data = body["data"]
    return Answer(
        data["status"],
        int(data["progress"].removesuffix("%")),
        url=data.get("result_url", ""),
        failure=data.get("fail_reason", ""),
    )


def uniall(body: Any) -> Answer:
    error = body.get("error") or {}
    url = body.get("video_url") or ""
    return Answer(body["status"], body["progress"], url, error.get("message", ""))


def evolink(body: Any) -> Answer:
    error = body.get("error") or {}
    done = body["status"] == "completed"
    return Answer(
        body["status"],
        body["progress"],
        url=body["results"][0] if done else "",
        failure=error.get("message", ""),
        cost=f"{body['usage']['credits_reserved']:g} credits" if done else "",
    )


def octopusx(body: Any) -> Answer:
    data = body["data"]
    task = data["data"]
    done = data["status"] == "SUCCESS"
    return Answer(
        data["status"],
        int(data["progress"].removesuffix("%")),
        url=task["content"]["video_url"] if done else "",
        failure=data.get("fail_reason", ""),
        cost=f"{task['usage']['total_tokens']} tokens" if done else "",
    )


def newapi(body: Any) -> Answer:
    data = body["data"]
    done = data["status"] == "SUCCESS"
    return Answer(
        data["status"],
        int(data["progress"].removesuffix("%")),
        url=data["result_url"] if done else "",
        failure=data["fail_reason"],
        cost=f"{data['quota']} quota" if done else "",
    )


def ark(body: Any) -> Answer:
    status = body["status"]
    done = status == "succeeded"
    ended = not done and status not in ARK_PERCENT
    return Answer(
        status,
        ARK_PERCENT.get(status, 100),
        url=body["content"]["video_url"] if done else "",
        failure=(body.get("error") or {}).get("message", status) if ended else "",
        cost=f"{body['usage']['total_tokens']} tokens" if done else "",
    )


_VIDEO = "/v1/video/generations"
_TASKS = "/api/v3/contents/generations/tasks"
CLIENTS: Mapping[str, Client] = {
    "nbility": Client(_VIDEO, _VIDEO, lambda body: str(body["id"]), nbility, multipart=True),
    "uniall": Client(_VIDEO, "/v1/videos", lambda body: str(body["id"]), uniall),
    "evolink": Client("/v1/videos/generations", "/v1/tasks", lambda body: str(body["id"]), evolink),
    "octopusx": Client(_VIDEO, _VIDEO, lambda body: str(body["task_id"]), octopusx),
    "apiyi": Client(f"/seedance{_TASKS}", f"/seedance{_TASKS}", lambda body: str(body["id"]), ark),
    "newapi": Client(_VIDEO, _VIDEO, lambda body: str(body["id"]), newapi),
    "ark": Client(_TASKS, _TASKS, lambda body: str(body["id"]), ark),
}
