"""What evolink does: create, query, and the account's credits."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from simulator.core.addresses import check_callback
from simulator.core.chance import LOWER, Chance
from simulator.core.clock import SECOND
from simulator.core.limits import check_media
from simulator.core.problems import Kind, refuse
from simulator.core.rules import given
from simulator.core.task import Order, Reference
from simulator.core.tokens import SIZES
from simulator.dialects import content
from simulator.dialects.evolink.billing import UNIT, charge, number
from simulator.dialects.evolink.render import FAILURES, ID_PREFIX, REFUSALS, created, render
from simulator.dialects.evolink.rules import MEDIA, MODELS, Mode, limits
from simulator.engine import Engine, Submission
from simulator.engine.call import Call, Reply, usable
from simulator.engine.references import adaptive_ratio, each, from_link

# What the images of a model are for, one after the other; those of the others are references.
FRAMES: Mapping[Mode, Sequence[str]] = {"image": content.FRAMES}


async def create(call: Call, engine: Engine) -> Reply:
    """An order, answered with the task as it is at once."""
    url = call.body.get("callback_url")
    check_callback(url, "callback_url", engine.config, plain_http=False)
    chance = await engine.draw(call.account)
    references = await _references(call, engine)
    order = _order(call, references, chance)
    submission = Submission(
        dialect="evolink",
        account=call.account,
        order=order,
        charge=charge(order),
        name=lambda attempt: _task_id(chance, attempt, call.now),
        failures=FAILURES,
        refusals=REFUSALS,
        base=call.base,
    )
    task = await engine.submit(submission, chance, call.now)
    return Reply(200, created(task), task=task)


async def _references(call: Call, engine: Engine) -> tuple[Reference, ...]:
    """The links of all three arrays, each known as far as it can be, and within the bounds."""
    model = MODELS[call.body["model"]]
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
    for kind, bounds in limits(model).items():
        check_media([(place, one.facts) for place, one in known if one.kind == kind], bounds)
    return tuple(found)


def _order(call: Call, references: tuple[Reference, ...], chance: Chance) -> Order:
    body = call.body
    seconds = given(body, "duration", 5)
    quality = given(body, "quality", "720p")
    ratio = given(body, "aspect_ratio", "16:9")
    if ratio == "adaptive":
        ratio = adaptive_ratio(references)
    width, height = SIZES[quality][ratio]
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
        tier=MODELS[body["model"]].tier,
        references=references,
        callback_url=body.get("callback_url"),
        extra={"web_search": given(body, "model_params.web_search", False)},
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
    return Reply(200, {"data": [{"id": name} for name in usable(call.account, MODELS)]})


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
