"""Content items, sample links with exact properties, and orders for ark and its like."""

from typing import Any

from simulator.core.task import Task
from simulator.engine.dialect import Dialect
from tests.driving import BASE, World

STANDARD = "doubao-seedance-2-0-260128"
FAST = "doubao-seedance-2-0-fast-260128"
TEXT = {"type": "text", "text": "A paper boat sails down a rainy street"}


def create_path(dialect: Dialect) -> str:
    return next(route.path for route in dialect.routes if route.kind == "create")


def sample(kind: str, **asked: Any) -> str:
    """A link to a sample whose facts the simulator reads from the link itself."""
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    return f"{BASE}/_sim/media/{kind}?{query}"


def item(kind: str, role: str | None, url: str) -> dict[str, Any]:
    made: dict[str, Any] = {"type": f"{kind}_url", f"{kind}_url": {"url": url}}
    return made if role is None else {**made, "role": role}


def image(role: str | None = "reference_image", **asked: Any) -> dict[str, Any]:
    return item("image", role, sample("image", **asked))


def video(role: str | None = "reference_video", **asked: Any) -> dict[str, Any]:
    return item("video", role, sample("video", **asked))


def audio(role: str | None = "reference_audio", **asked: Any) -> dict[str, Any]:
    return item("audio", role, sample("audio", **asked))


def order(*content: Any, model: Any = STANDARD, **fields: Any) -> dict[str, Any]:
    """A create body; without content it is the text alone."""
    return {"model": model, "content": list(content) or [TEXT], **fields}


async def accepted(here: World, body: Any) -> Task:
    status, created = await here.json("POST", create_path(here.dialect), body)
    assert status == 200, created
    assert list(created) == ["id"]
    found = await here.engine.task(created["id"])
    assert found is not None
    return found


async def refused(here: World, body: Any, status: int = 400) -> dict[str, Any]:
    """The error object of a refusal that leaves no task and no charge."""
    before = len(await here.engine.tasks())
    given, answer = await here.json("POST", create_path(here.dialect), body)
    assert given == status, answer
    assert list(answer) == ["error"]
    assert len(await here.engine.tasks()) == before
    error: dict[str, Any] = answer["error"]
    return error
