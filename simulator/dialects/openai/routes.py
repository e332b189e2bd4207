"""What the Videos API does: create, retrieve, list, delete, download; a remix is refused."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from simulator.core.chance import Chance
from simulator.core.limits import check_media
from simulator.core.media import Rendition
from simulator.core.problems import Kind, Refusal, refuse
from simulator.core.rules import OneOf, given, whole
from simulator.core.task import LIVE, Charge, Order, Phase, Reference, Task
from simulator.core.tokens import clip_tokens
from simulator.dialects import ark_upstream, content
from simulator.dialects.ark_codes import FAILURES, REFUSALS
from simulator.dialects.ark_family import DOCUMENTED
from simulator.dialects.ark_family import task_id as ark_id
from simulator.dialects.openai import render, rules
from simulator.dialects.openai.litellm import errors, objects, rows
from simulator.dialects.openai.litellm import order as made
from simulator.dialects.openai.rules import FIRST_FRAME, MODELS, NAME, bare
from simulator.engine import Engine, Submission
from simulator.engine.bodies import Upload
from simulator.engine.call import Call, Clip, Reply
from simulator.engine.dialect import Event
from simulator.engine.references import from_bytes, from_link, trusted_asset

# "Supported file formats are image/jpeg, image/png, and image/webp"; the rest is Ark's.
PICTURES = replace(DOCUMENTED["image"], formats=frozenset({"jpeg", "png", "webp"}))
# "thumbnail.webp" and "spritesheet.jpg" in the guide.
VARIANTS: Mapping[str, Rendition] = {
    "video": Rendition.CLIP,
    "thumbnail": Rendition.THUMBNAIL,
    "spritesheet": Rendition.SPRITESHEET,
}


async def read_body(call: Call) -> Mapping[str, Any]:
    """An order in JSON or as a form."""
    return await (made.read_body if call.observed else rules.read_body)(call)


async def create(call: Call, engine: Engine) -> Reply:
    """An order, answered with the video as it is at once."""
    if engine.observed:
        return await _through_litellm(call, engine)
    chance = await engine.draw(call.account)
    order = _order(call, await _references(call, engine), chance)
    task = await _submit(call, engine, order, chance, lambda n: _video_id(chance, n))
    return render.reply(200, render.video(task, call.now), task=task)


async def _through_litellm(call: Call, engine: Engine) -> Reply:
    """What Ark makes of the order that LiteLLM gives it."""
    sent = call.holding(made.upstream(call.body))
    chance = await engine.draw(call.account)
    order = await ark_upstream.take(sent, engine, chance)
    task = await _submit(call, engine, order, chance, lambda n: ark_id(chance, n, call.now))
    body = objects.created(task, call.body["model"], sent.body.get("ratio"))
    return render.reply(200, body, task=task)


async def _submit(
    call: Call, engine: Engine, order: Order, chance: Chance, name: Callable[[int], str]
) -> Task:
    submission = Submission(
        dialect=NAME,
        account=call.account,
        order=order,
        charge=Charge.flat("tokens", clip_tokens(order, observed=engine.observed)),
        name=name,
        failures=FAILURES,
        refusals=REFUSALS,
        base=call.base,
    )
    return await engine.submit(submission, chance, call.now)


def _video_id(chance: Chance, attempt: int) -> str:
    return "video_" + chance.hex(("id", attempt), 32)


async def _references(call: Call, engine: Engine) -> tuple[Reference, ...]:
    """The first frame, if there is one."""
    sent = call.body.get(FIRST_FRAME)
    if sent is None:
        return ()
    if isinstance(sent, Upload):
        field, name = FIRST_FRAME, sent.filename or FIRST_FRAME
        found = await from_bytes(engine, "image", "first_frame", sent.data, name, field)
    elif sent.get("file_id") is not None:
        field = f"{FIRST_FRAME}.file_id"
        raise refuse(Kind.UNKNOWN_FILE, field, "is no file of yours", got=sent["file_id"])
    else:
        field = f"{FIRST_FRAME}.image_url"
        found = await from_link(
            engine,
            "image",
            "first_frame",
            sent["image_url"],
            field,
            data_urls=True,
            assets=trusted_asset,
        )
    check_media([(field, found.facts)], PICTURES)
    return (found,)


def _order(call: Call, references: tuple[Reference, ...], chance: Chance) -> Order:
    body = call.body
    resolution, ratio = rules.frame_of(given(body, "size", rules.DEFAULT_SIZE)) or ("720p", "9:16")
    seconds = whole(given(body, "seconds", rules.DEFAULT_SECONDS)) or rules.DEFAULT_SECONDS
    model = bare(body["model"])
    width, height = MODELS[model].sizes[resolution][ratio]
    return Order(
        model=model,
        prompt=body["prompt"],
        mode=content.mode(reference.role for reference in references),
        resolution=resolution,
        ratio=ratio,
        width=width,
        height=height,
        seconds=seconds,
        frames=24 * seconds,
        seed=chance.number("seed", 0, 99_999),
        tier=MODELS[model].tier,
        references=references,
    )


async def show(call: Call, engine: Engine) -> Reply:
    """A video as it is now."""
    task = await _find(call, engine)
    if engine.observed:
        group = _group(call)
        shown = objects.public_id(task.id, group)
        return render.reply(200, objects.polled(task, shown, group, call.now), task=task)
    return render.reply(200, render.video(task, call.now), task=task)


async def _find(call: Call, engine: Engine) -> Task:
    """The task of an id, which behind LiteLLM holds the one that Ark knows."""
    name = call.args["id"]
    if engine.observed:
        known = objects.decoded(name)
        if known is None:
            raise refuse(Kind.UNKNOWN_TASK, "id", aspect=errors.NO_ID, got=name)
        name = known.task_id
    return await engine.find(NAME, call.account, name, call.now)


def _group(call: Call) -> str:
    """The name of the model in an id, which is what LiteLLM shows of it."""
    known = objects.decoded(call.args["id"])
    return known.group if known else ""


async def delete(call: Call, engine: Engine) -> Reply:
    """Forget a video that has been finished; LiteLLM has no such call."""
    if engine.observed:
        detail = f"{call.method} {call.path}"
        raise refuse(Kind.NO_METHOD, detail=detail, limit="GET", got=call.method)
    task = await _find(call, engine)
    if task.phase(call.now) in LIVE:
        status = render.WORDS[task.phase(call.now)]
        detail = f"Video cannot be deleted while it is '{status}'."
        raise refuse(Kind.STATE, "id", detail, got=status)
    await engine.remove(task, call.now)
    body = {"id": task.id, "object": "video.deleted", "deleted": True}
    return render.reply(200, body)


async def show_content(call: Call, engine: Engine) -> Reply | Clip:
    """The bytes of a finished video, or of a picture of it."""
    task = await _find(call, engine)
    phase = task.phase(call.now)
    if engine.observed:
        if phase is not Phase.SUCCEEDED:
            raise refuse(
                Kind.STATE, "id", objects.no_content(task, phase), aspect=errors.CONTENT, got=phase
            )
        name = f"attachment; filename=video_{call.args['id']}.mp4"
        return Clip(task, headers={"Content-Disposition": name}, whole=True)
    rendition = _variant(dict(call.parameters).get("variant", "video"))
    if phase is not Phase.SUCCEEDED:
        detail = f"Video is not ready: its status is '{render.WORDS[phase]}'."
        raise refuse(Kind.STATE, "id", detail, aspect=render.NOT_THERE, got=phase)
    if call.now >= render.expires_at(task):
        detail = "Video content has expired."
        raise refuse(Kind.STATE, "id", detail, aspect=render.NOT_THERE, got=phase)
    return Clip(task, rendition)


# "Retrieve video content": which of a video's files it is.
SHOWN = (OneOf("variant", tuple(VARIANTS)),)


def _variant(text: str) -> Rendition:
    found = VARIANTS.get(text)
    if found is None:
        detail = f"must be one of {', '.join(VARIANTS)}"
        raise refuse(Kind.CHOICE, "variant", detail, limit=tuple(VARIANTS), got=text)
    return found


async def remix(call: Call, engine: Engine) -> Reply:
    """Ark makes videos of videos only as new orders, so no gateway of it has this."""
    if engine.observed and objects.decoded(call.args["id"]) is None:
        raise refuse(Kind.UNKNOWN_TASK, "id", aspect=errors.NO_ID, got=call.args["id"])
    if not engine.observed:
        await _find(call, engine)
    raise _unsupported("Video remix", engine)


def refusing(operation: str) -> Callable[[Call, Engine], Awaitable[Reply]]:
    """A call of the document that takes a video, by what it is called in a refusal."""

    async def answer(call: Call, engine: Engine) -> Reply:
        raise _unsupported(operation, engine)

    return answer


def _unsupported(operation: str, engine: Engine) -> Refusal:
    if engine.observed:
        detail = rows.VIDEO_INPUT.format(operation=operation)
        return refuse(Kind.UNSUPPORTED, detail=detail, aspect=errors.REMIX)
    return refuse(Kind.STATE, detail=f"{operation} is not supported for Seedance models.")


def passed_on(event: Event, engine: Engine) -> Mapping[str, Any]:
    """What Ark calls back with: LiteLLM passes the address on, and knows nothing of it."""
    task = event.task
    return {**ark_upstream.shown(task, engine, task.base, event.at), "id": task.id}
