"""What evolink does: create, query, and the account's credits."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec.structs import replace

from simulator.core.addresses import check_callback
from simulator.core.chance import LOWER, Chance
from simulator.core.clock import SECOND
from simulator.core.limits import check_media
from simulator.core.problems import Kind, Problem, Refusal, refuse
from simulator.core.rules import Body, given
from simulator.core.sharing import shared
from simulator.core.task import LIVE, Charge, Order, Phase, Reference, Task
from simulator.dialects import ark_tasks, content
from simulator.dialects.evolink.billing import charge, number
from simulator.dialects.evolink.currency import UNIT
from simulator.dialects.evolink.refusals import REFUSALS, Sums, figures, midnight
from simulator.dialects.evolink.render import (
    FAILURES,
    ID_PREFIX,
    created,
    drafts_end,
    render,
)
from simulator.dialects.evolink.rules import MEDIA, Mode
from simulator.dialects.evolink.rules import limits as seed_limits
from simulator.dialects.evolink.sold import DRAFT, SOLD, limits, on_sale
from simulator.engine import Engine, Submission
from simulator.engine.call import Call, Reply, usable
from simulator.engine.references import adaptive_ratio, each, from_link

BILLED = (*LIVE, Phase.SUCCEEDED)
# What the images of a model are for, one after the other; those of the others are references.
FRAMES: Mapping[Mode, Sequence[str]] = {"image": content.FRAMES}


async def create(call: Call, engine: Engine) -> Reply:
    """An order, answered with the task as it is at once."""
    url = call.body.get("callback_url")
    check_callback(url, "callback_url", engine.config, plain_http=False)
    chance = await engine.draw(call.account)
    references = await _references(call, engine)
    draft = await _draft(call, engine)
    order = _finished(draft, call.body) if draft else _order(call, references, chance)
    submission = Submission(
        dialect="evolink",
        account=call.account,
        order=order,
        charge=charge(order, call.observed),
        name=lambda attempt: _task_id(chance, attempt, call.now),
        failures=FAILURES,
        refusals=REFUSALS,
        base=call.base,
    )
    try:
        task = await engine.submit(submission, chance, call.now)
    except Refusal as refusal:
        if refusal.problem.kind is not Kind.REVIEW:
            raise
        raise await _with_figures(refusal.problem, submission.charge, call, engine) from None
    return Reply(200, created(task), task=task)


async def _with_figures(problem: Problem, charge: Charge, call: Call, engine: Engine) -> Refusal:
    """A refusal that was asked for, with the numbers of the wallet that it speaks of."""
    state, now = await engine.state(call.account.key), call.now
    left = state.balance(call.account.wallet, UNIT, now)
    used = -state.spent(now).get(UNIT, Decimal(0))
    begun = midnight(now)
    today = [
        task.charge.settled
        for task in state.tasks.values()
        if task.dialect == "evolink" and task.created >= begun and task.phase(now) in BILLED
    ]
    sums = Sums(charge.reserved, left, used, sum(today, Decimal(0)))
    return Refusal(replace(problem, limit=figures(str(problem.got), sums)))


async def _references(call: Call, engine: Engine) -> tuple[Reference, ...]:
    """The links of all three arrays, each known as far as it can be, and within the bounds."""
    sold = SOLD[call.body["model"]]
    model = sold.model
    bounds_of = limits(sold) if engine.observed else seed_limits(model)
    frames = FRAMES.get(model.mode)
    links = [
        (f"{field}[{at}]", kind, frames[at] if frames else f"reference_{kind}", url)
        for field, kind in MEDIA.items()
        for at, url in enumerate(given(call.body, field, ()))
    ]
    found = await each(
        from_link(engine, kind, role, url, place) for place, kind, role, url in links
    )
    known = [(link[0], one) for link, one in zip(links, found, strict=True)]
    for kind, bounds in bounds_of.items():
        check_media([(place, one.facts) for place, one in known if one.kind == kind], bounds)
    return tuple(found)


def _order(call: Call, references: tuple[Reference, ...], chance: Chance) -> Order:
    body = call.body
    sold = SOLD[body["model"]]
    newer = call.observed and sold.newest
    small = newer and given(body, "draft", False)
    seconds = _seconds(body, references, chance)
    quality = given(body, "quality", DRAFT if small else "720p")
    ratio = given(body, "aspect_ratio", "adaptive" if call.observed else "16:9")
    if ratio == "adaptive":
        ratio = adaptive_ratio(references)
    width, height = sold.sizes[quality][ratio]
    return Order(
        model=body["model"],
        prompt=body["prompt"],
        mode=content.mode(reference.role for reference in references),
        resolution=quality,
        ratio=ratio,
        width=width,
        height=height,
        seconds=seconds,
        frames=24 * seconds,
        seed=chance.number("seed", 0, 99_999),
        sound=given(body, "generate_audio", True),
        tier=sold.model.tier,
        draft=bool(small),
        container=given(body, "output_format", "mp4") if newer else "mp4",
        references=references,
        callback_url=body.get("callback_url"),
        fails=_failing(body) if newer else None,
        extra=shared(
            {
                "web_search": given(body, "model_params.web_search", False),
                "unfiltered": call.observed and not given(body, "content_filter", True),
            }
        ),
    )


def _seconds(body: Body, references: tuple[Reference, ...], chance: Chance) -> int:
    """How long the clip is: what is edited decides that, else the model where nobody else does."""
    sold = SOLD[body["model"]]
    seconds: int = given(body, "duration", sold.duration)
    if seconds != -1:
        return seconds
    videos = [one.facts for one in references if one.kind == "video" and one.facts]
    if sold.model.mode == "edit" and videos:
        return videos[0].ms // SECOND
    return chance.number("duration", 4, 30)


def _failing(body: Body) -> tuple[str, str] | None:
    """With what an order will fail that asks for an edit of a length of its own."""
    reference = SOLD[body["model"]].model.mode == "reference" and body.get("video_urls")
    if not reference or given(body, "duration", -1) == -1:
        return None
    if ark_tasks.inferred(body["prompt"]) != "edit":
        return None
    return "invalid_parameters", FAILURES["invalid_parameters"]


async def _draft(call: Call, engine: Engine) -> Task | None:
    """The draft that an order goes on from; a refusal where it is none, or one no more."""
    if SOLD[call.body["model"]].model.mode != "draft":
        return None
    named = call.body["source_task_id"]
    try:
        task = await engine.find("evolink", call.account, named, call.now)
    except Refusal:
        task = None
    good = task is not None and task.order.draft and task.phase(call.now) is Phase.SUCCEEDED
    if task is None or not good or call.now >= drafts_end(task):
        detail = "must be a completed task of your own that was made with draft true"
        raise refuse(Kind.NEEDS, "source_task_id", detail, got=named)
    return task


def _finished(draft: Task, body: Body) -> Order:
    """A draft's order again, large; nothing but the file's kind and the callback is its own."""
    order = draft.order
    width, height = SOLD[body["model"]].sizes["1080p"][order.ratio]
    return replace(
        order,
        model=body["model"],
        resolution="1080p",
        width=width,
        height=height,
        draft=False,
        container=given(body, "output_format", "mp4"),
        callback_url=body.get("callback_url"),
        fails=None,
    )


def _task_id(chance: Chance, attempt: int, now: int) -> str:
    return f"{ID_PREFIX}{now // SECOND}-{chance.word(('id', attempt), LOWER, 6)}"


async def show(call: Call, engine: Engine) -> Reply:
    """A task as it is now, if its id could be one."""
    task_id = call.args["id"]
    if not task_id.startswith(ID_PREFIX):
        detail = f"Invalid task ID format, must start with '{ID_PREFIX}'"
        raise refuse(Kind.CHOICE, "task_id", detail, aspect="prefix", got=task_id)
    task = await engine.find("evolink", call.account, task_id, call.now)
    return Reply.of(task, render(task, engine, call.base, call.now), call.now)


async def models(call: Call, engine: Engine) -> Reply:
    """The models that the key may use, as the vendor's own programs read them."""
    return Reply(
        200,
        {"data": [{"id": name} for name in usable(call.account, on_sale(engine.observed))]},
    )


async def credits(call: Call, engine: Engine) -> Reply:
    """What is left and what was used; what running tasks have reserved counts as used."""
    left = await engine.balance(call.account, UNIT, call.now)
    spent = (await engine.state(call.account.key)).spent(call.now)
    wallet = {
        "remaining_credits": number(left),
        "used_credits": number(-spent.get(UNIT, Decimal(0))),
    }
    token = {**wallet, "unlimited_credits": call.account.wallet is None}
    return Reply(200, {"data": {"token": token, "user": wallet}, "message": "", "success": True})
