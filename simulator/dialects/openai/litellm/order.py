"""The order that LiteLLM makes of a request, and gives to Ark."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace
from multidict import CIMultiDict

from simulator.core.problems import Kind, refuse
from simulator.core.rules import Body
from simulator.dialects.openai.litellm.rows import (
    OWN_ROWS,
    PASSED_ON,
    PROXY,
    FromModel,
    whole_seconds,
)
from simulator.dialects.openai.rules import FIRST_FRAME, bare, frame_of, is_form
from simulator.engine.bodies import Upload, form, json_object
from simulator.engine.call import Call

DEFAULT_SECONDS, DEFAULT_RESOLUTION = 4, "720p"


async def read_body(call: Call) -> Mapping[str, Any]:
    """The fields of an order, with those that stand in ``extra_body`` and ``parameters``."""
    if is_form(call):
        body: Mapping[str, Any] = await form(call)
        if isinstance(body.get(FIRST_FRAME), str):
            raise refuse(Kind.TYPE, FIRST_FRAME, aspect=PROXY, got=body[FIRST_FRAME])
    else:
        body = await json_object(_as_json(call))
    for name in ("extra_body", "parameters"):
        inside = body.get(name)
        if isinstance(inside, dict):
            body = {**body, **inside, name: None}
    return _dropped(body) if body.get("drop_params") is True else body


def _as_json(call: Call) -> Call:
    """The call as one with a JSON body, which LiteLLM takes everything for that is no form."""
    if "form" in call.headers.get("Content-Type", ""):
        return call
    return replace(call, headers=CIMultiDict({**call.headers, "Content-Type": "application/json"}))


def _dropped(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The body without the fields that LiteLLM would refuse."""
    if FromModel().problem(body) is not None:
        return body
    for row in OWN_ROWS:
        problem = row.problem(body)
        if problem is not None:
            odd = {problem.field, *problem.also}
            body = {name: sent for name, sent in body.items() if name not in odd}
    return body


def upstream(body: Body) -> dict[str, Any]:
    """The order as Ark gets it, of a body that has passed the rows."""
    resolution, ratio = frame_of(body.get("size")) or (None, None)
    asked = {
        "resolution": resolution,
        "ratio": ratio,
        **_given("ratio", body.get("aspect_ratio")),
        **{name: body[name] for name in PASSED_ON if body.get(name) is not None},
        **_given("safety_identifier", body.get("user")),
    }
    seconds = body.get("duration") if body.get("duration") is not None else body.get("seconds")
    return {
        "model": bare(body["model"]),
        "content": [{"type": "text", "text": body["prompt"]}, *_pictures(body)],
        **{name: sent for name, sent in asked.items() if sent is not None},
        "resolution": str(asked["resolution"] or DEFAULT_RESOLUTION).strip().lower(),
        "duration": whole_seconds(seconds) or DEFAULT_SECONDS,
    }


def _given(name: str, sent: Any) -> dict[str, Any]:
    return {} if sent is None or sent == "" else {name: sent}


def _pictures(body: Body) -> list[Any]:
    """The content items beside the prompt."""
    for name, role in (("frame_images", None), ("input_references", "reference_image")):
        items = body.get(name)
        if items is not None:
            return [
                {
                    "type": "image_url",
                    "image_url": {"url": item["image_url"]["url"]},
                    "role": role or item["frame_type"],
                }
                for item in items
            ]
    if body.get("content") is not None:
        return list(body["content"])
    sent = body.get(FIRST_FRAME)
    if sent is None:
        return []
    return [{"type": "image_url", "image_url": {"url": _link(sent)}, "role": "first_frame"}]


def _link(sent: Any) -> str:
    if isinstance(sent, Upload):
        return f"data:image/png;base64,{b64encode(sent.data).decode()}"
    return str(sent["image_url"] if isinstance(sent, dict) else sent)
