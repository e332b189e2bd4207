"""What ark and its resellers of the same wire format take: orders, their media and limits.

Wire facts: Volcengine documentation 82379/1520757 (create), mid 2026, and live captures of 2026-05
to 2026-09 on both hosts.
"""

import sys
from collections.abc import Awaitable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from simulator.core.chance import KUBERNETES, Chance
from simulator.core.clock import BEIJING, SECOND, moment
from simulator.core.fields import Fields
from simulator.core.limits import MB, Limits, check_media
from simulator.core.media import MediaKind
from simulator.core.rules import Rule, Unsupported, given
from simulator.core.task import Charge, Order, Reference, Task
from simulator.core.tokens import RATIOS, clip_tokens
from simulator.dialects import content
from simulator.dialects.ark_codes import FAILURES, REFUSALS
from simulator.dialects.ark_models import Model
from simulator.engine import Engine, Submission
from simulator.engine.bodies import json_object
from simulator.engine.call import Call
from simulator.engine.references import (
    Assets,
    adaptive_ratio,
    each,
    from_link,
    trusted_asset,
)

RATIO_CHOICES = (*RATIOS, "adaptive")
EXPIRES_AFTER = 172800
SEED_MOST = 2**32 - 1
NEUTRAL: Mapping[str, Any] = {
    "service_tier": "default",
    "camera_fixed": False,
    "draft": False,
    "output_format": "mp4",
    "omni_reference_task_type": "auto",
    "priority": 0,
}

# "Create a video generation task", 82379/1520757, and APIYI's reference page.
FIELDS = Fields(
    read=content.CONTENT_FIELDS
    | {
        "model",
        "resolution",
        "ratio",
        "duration",
        "generate_audio",
        "watermark",
        "seed",
        "return_last_frame",
        "execution_expires_after",
    },
    places=content.CONTENT_PLACES,
)

# Bounds of the documents; live error texts show a little more room for what is measured.
DOCUMENTED: Mapping[str, Limits] = {
    "image": Limits(
        frozenset({"jpeg", "png", "webp", "bmp", "tiff", "gif", "heic", "heif"}),
        size=30 * MB - 1,
        side=(300, 6000),
        ratio=(0.4, 2.5),
    ),
    "video": Limits(
        frozenset({"mp4", "mov"}),
        size=50 * MB,
        side=(300, 6000),
        ratio=(0.4, 2.5),
        pixels=(409_600, 2_086_876),
        seconds=(2000, 15000),
        total=15000,
        fps=(24, 60),
    ),
    "audio": Limits(frozenset({"wav", "mp3"}), size=15 * MB, seconds=(2000, 15000), total=15000),
}
OBSERVED: Mapping[str, Limits] = {
    "image": DOCUMENTED["image"],
    "video": Limits(
        DOCUMENTED["video"].formats,
        size=200 * MB,
        side=(300, 6000),
        ratio=(0.4, 2.5),
        pixels=(407_696, 8_295_044),
        seconds=(1800, 15200),
        total=15200,
        fps=(23.8, 60),
    ),
    "audio": Limits(DOCUMENTED["audio"].formats, size=15 * MB, seconds=(1800, 15200), total=15200),
}


# Which content items stand beside each other, and how many: the last rows of both tables.
MIXING_RULES: tuple[Rule, ...] = (
    content.ImageRoles(),
    content.OtherRoles("video"),
    content.OtherRoles("audio"),
    content.AtMost("first_frame", 1),
    content.AtMost("last_frame", 1),
    content.FramesWithoutReferences(),
    content.FirstBeforeLast(),
    content.NotOnlyAudio(),
    content.AtMost("reference_image", 9),
    content.AtMost("reference_video", 3),
    content.AtMost("reference_audio", 3),
)


def of_other_models(*fields: str) -> tuple[Unsupported, ...]:
    """Fields that the 2.0 models refuse, but for what they do anyway.

    The pages print calls with these values for every model (ours: no page says what becomes of
    them).
    """
    return tuple(Unsupported(field, neutral=NEUTRAL.get(field)) for field in fields)


class Intake(msgspec.Struct, frozen=True):
    """Which references a dialect takes: its asset library, what may come as data: URLs, the bounds.

    ``limits`` are those of the fidelity that the server has, where they are the dialect's own.
    """

    assets: Assets = trusted_asset
    inline: frozenset[MediaKind] = frozenset({"image", "audio"})
    limits: Mapping[str, Limits] | None = None


TRUSTING = Intake()


async def order_of(
    call: Call, engine: Engine, model: Model, chance: Chance, intake: Intake = TRUSTING
) -> Order:
    """The order of a request that has passed the rules, its media resolved and judged."""
    body = call.body
    references = await resolve(call, engine, intake)
    seconds = given(body, "duration", model.usual_seconds)
    if seconds == -1:
        seconds = chance.number("duration", *model.seconds)
    ratio = given(body, "ratio", "adaptive")
    if ratio == "adaptive":
        ratio = adaptive_ratio(references)
    resolution = given(body, "resolution", "720p")
    width, height = model.sizes[resolution][ratio]
    return Order(
        model=sys.intern(body["model"]),  # one of few, kept once for all orders of it
        prompt=content.text(body),
        mode=content.mode(reference.role for reference in references),
        resolution=resolution,
        ratio=ratio,
        width=width,
        height=height,
        seconds=seconds,
        frames=24 * seconds + engine.observed,
        seed=seed_of(body, chance),
        sound=given(body, "generate_audio", True),
        watermark=given(body, "watermark", False),
        last_frame=given(body, "return_last_frame", False),
        tier=model.tier,
        references=references,
        callback_url=given(body, "callback_url", None),
        expires_after=given(body, "execution_expires_after", EXPIRES_AFTER) * SECOND,
    )


def seed_of(body: Mapping[str, Any], chance: Chance) -> int:
    """The seed of a clip: as asked for, else drawn."""
    seed: int = given(body, "seed", -1)
    return chance.number("seed", 0, 99_999) if seed == -1 else seed


async def resolve(call: Call, engine: Engine, intake: Intake) -> tuple[Reference, ...]:
    """The references of a content array, each known as far as it can be without fetching it."""
    items = content.with_roles(content.media(call.body))
    if not items:
        return ()
    found = await each(
        from_link(
            engine,
            item.kind,
            role,
            item.url,
            item.field,
            data_urls=item.kind in intake.inline,
            assets=intake.assets,
            reachable=engine.observed,
        )
        for item, role in items
    )
    known = [(item.field, one) for (item, _), one in zip(items, found, strict=True)]
    limits = intake.limits or (OBSERVED if engine.observed else DOCUMENTED)
    for kind, bounds in limits.items():
        check_media([(field, one.facts) for field, one in known if one.kind == kind], bounds)
    return tuple(found)


def submit(
    call: Call, engine: Engine, dialect: str, order: Order, chance: Chance
) -> Awaitable[Task]:
    """Accept an order; it is charged by the tokens of its clip."""
    given_order = Submission(
        dialect=dialect,
        account=call.account,
        order=order,
        charge=Charge.flat("tokens", clip_tokens(order, observed=engine.observed)),
        name=lambda attempt: task_id(chance, attempt, call.now),
        failures=FAILURES,
        refusals=REFUSALS,
        base=call.base,
    )
    return engine.submit(given_order, chance, call.now)


def task_id(chance: Chance, attempt: int, now: int) -> str:
    """The id of a task: ``cgt-``, the time and five letters."""
    return named("cgt", now, chance, ("id", attempt))


def named(kind: str, now: int, chance: Chance, label: object) -> str:
    """The kind, the time in UTC+8 and five letters of Kubernetes' alphabet (live ids, 2026)."""
    return f"{kind}-{_second(now // SECOND)}-{chance.word(label, KUBERNETES, 5)}"


@lru_cache(maxsize=64)
def _second(now: int) -> str:
    return f"{moment(now * SECOND, BEIJING):%Y%m%d%H%M%S}"


async def read_body(call: Call) -> Mapping[str, Any]:
    """The JSON object of a create call."""
    return tidy(await json_object(call))


def tidy(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The body as its rows read it: resolutions are matched without regard to case."""
    resolution = body.get("resolution")
    if isinstance(resolution, str):
        return {**body, "resolution": resolution.lower()}
    return body
