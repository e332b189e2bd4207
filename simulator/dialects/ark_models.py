"""Seedance models as Ark sells them: what each can do is a row of one table, a newer one one more.

"Create a video generation task", 82379/1520757, text of autumn 2026; what is refused, and in which
mode, as live answers of August to October 2026 show it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from math import gcd

from simulator.core.limits import MB, Limits
from simulator.core.tokens import SIZES

Sizes = Mapping[str, Mapping[str, tuple[int, int]]]

ALL = ("480p", "720p", "1080p", "4k")
LOW = ("480p", "720p")
# Fields that have no value a model would take, but for what it does anyway.
OF_15 = ("camera_fixed", "draft")
OF_25 = ("output_format", "omni_reference_task_type")
# Of other kinds of models; these have not even a neutral value.
FOREIGN = ("frames", "file_format")
BITRATES = ("standard", "high")


@dataclass(frozen=True, slots=True)
class Model:
    """What a model makes and takes. The defaults are those of Seedance 2.0.

    ``family`` is its name in messages and object keys, ``seconds`` the shortest and the longest
    clip, ``usual_seconds`` its length where none is asked for (-1: the model chooses), ``material``
    the milliseconds of reference videos, and of audios. ``refused`` are fields that must be empty,
    ``bitrates`` the values of ``bitrate_mode`` (none: the field is not read).
    """

    family: str
    tier: str
    resolutions: tuple[str, ...]
    region: str = "cn-beijing"
    seconds: tuple[int, int] = (4, 15)
    usual_seconds: int = 5
    images: int = 9
    videos: int = 3
    audios: int = 3
    material: int = 15_000
    audio_alone: bool = False
    refused: tuple[str, ...] = ("service_tier", *OF_15, *OF_25, *FOREIGN)
    bitrates: tuple[str, ...] = BITRATES
    task_types: bool = False
    least_tokens: bool = True
    retiring: bool = False
    sizes: Sizes = field(default_factory=lambda: SIZES)

    @property
    def drafts(self) -> bool:
        """Whether it makes drafts."""
        return "draft" not in self.refused

    @property
    def references(self) -> bool:
        """Whether it takes any."""
        return self.images > 0


_WIDE: Mapping[str, tuple[int, int]] = {"16:9": (854, 480), "9:16": (480, 854)}
# By the name of the family and the day of the version, without the prefix of a host.
TABLE: Mapping[tuple[str, str], Model] = {
    ("seedance-2-0", "260128"): Model("", "standard", ALL),
    ("seedance-2-0-fast", "260128"): Model("", "fast", LOW),
    ("seedance-2-0-mini", "260615"): Model("", "mini", LOW, bitrates=()),
    ("seedance-2-5", "260628"): Model(
        "",
        "2.5",
        ALL[:3],
        seconds=(4, 30),
        usual_seconds=-1,
        images=30,
        videos=10,
        audios=10,
        material=30_000,
        audio_alone=True,
        refused=("service_tier", "camera_fixed", *FOREIGN),
        task_types=True,
        sizes={**SIZES, "480p": {**SIZES["480p"], **_WIDE}},
    ),
    ("seedance-1-5-pro", "251215"): Model(
        "",
        "1.5",
        ALL[:3],
        seconds=(4, 12),
        images=0,
        videos=0,
        audios=0,
        refused=("priority", "tools", *OF_25, *FOREIGN),
        bitrates=(),
        least_tokens=False,
        retiring=True,
    ),
}
# The prefix of each host; 1.5 pro has none at BytePlus.
CHINA, BYTEPLUS = "doubao-", "dreamina-"
_BARE = "seedance-1-5-pro"


def sold(prefix: str, region: str) -> dict[str, Model]:
    """The models of a host, by their ids."""
    found = {}
    for (name, version), model in TABLE.items():
        family = name if name == _BARE and prefix == BYTEPLUS else prefix + name
        found[f"{family}-{version}"] = replace(model, family=family, region=region)
    return found


MODELS: Mapping[str, Model] = {
    **sold(CHINA, "cn-beijing"),
    **sold(BYTEPLUS, "ap-southeast-1"),
}


def shown_ratio(ratio: str, width: int, height: int, plain: bool) -> str:
    """How answers write the proportions of a clip: as they are called, or as the reduced pixels."""
    if plain:
        return ratio
    shared = gcd(width, height)
    return f"{width // shared}:{height // shared}"


@cache
def limits(material: int, observed: bool) -> Mapping[str, Limits]:
    """The bounds of reference media by the newest page; live error texts leave 0.2 seconds more.

    ``material`` is the longest video, and the longest audio, in milliseconds, and all of them.
    """
    spare = 200 if observed else 0
    seconds, total = (2000 - spare, material + spare), material + spare
    images = frozenset({"jpeg", "png", "webp", "bmp", "tiff", "gif", "heic", "heif"})
    return {
        "image": Limits(
            images,
            size=30 * MB - 1,
            side=(300, 6000),
            ratio=(0.39 if observed else 0.4, 2.5),
        ),
        "video": Limits(
            frozenset({"mp4", "mov"}),
            size=200 * MB,
            side=(300, 6000),
            ratio=(0.4, 2.5),
            pixels=(407_696, 8_295_044),
            seconds=seconds,
            total=total,
            fps=(23.8 if observed else 24, 60),
        ),
        "audio": Limits(frozenset({"wav", "mp3"}), size=15 * MB, seconds=seconds, total=total),
    }
