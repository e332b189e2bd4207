"""Output sizes of Seedance 2.0, and the tokens that a clip costs."""

from simulator.core.task import Order

RATIOS = ("16:9", "4:3", "1:1", "3:4", "9:16", "21:9")

# Volcengine documentation 82379/1520757, mid 2026; the 4k column from live tests of 2026-06-29.
SIZES: dict[str, dict[str, tuple[int, int]]] = {
    "480p": {
        "16:9": (864, 496),
        "4:3": (752, 560),
        "1:1": (640, 640),
        "3:4": (560, 752),
        "9:16": (496, 864),
        "21:9": (992, 432),
    },
    "720p": {
        "16:9": (1280, 720),
        "4:3": (1112, 834),
        "1:1": (960, 960),
        "3:4": (834, 1112),
        "9:16": (720, 1280),
        "21:9": (1470, 630),
    },
    "1080p": {
        "16:9": (1920, 1080),
        "4:3": (1664, 1248),
        "1:1": (1440, 1440),
        "3:4": (1248, 1664),
        "9:16": (1080, 1920),
        "21:9": (2206, 946),
    },
    "4k": {
        "16:9": (3840, 2160),
        "4:3": (3326, 2494),
        "1:1": (2880, 2880),
        "3:4": (2494, 3326),
        "9:16": (2160, 3840),
        "21:9": (4398, 1886),
    },
}


def nearest_ratio(width: int, height: int) -> str:
    """The one of the six ratios that is closest to a picture's own."""

    def distance(ratio: str) -> float:
        across, down = map(int, ratio.split(":"))
        wanted, given = across / down, width / height
        return max(wanted, given) / min(wanted, given)

    return min(RATIOS, key=distance)


def tokens_with_least(order: Order) -> int:
    """Tokens of a clip as Ark counts them, which knows a least number beside reference videos.

    The seconds of reference videos count as well, for two thirds of the clip's at least, rounded
    up (Ark's table of least tokens, as its price calculator of autumn 2026 has it).
    """
    area = order.width * order.height
    if not any(reference.kind == "video" for reference in order.references):
        return area * order.frames // 1024
    least = area * 24 * (order.seconds - -2 * order.seconds // 3) // 1024
    return max(least, area * (order.frames * 1000 + 24 * order.input_ms) // 1_024_000)


def clip_tokens(order: Order, *, observed: bool) -> int:
    """Tokens of a clip.

    Documented (APIYI, "Seedance 2.0 Video Generation API Reference", June 2026): duration x width
    x height x 24 / 1024. Observed in live samples: one frame more, and the seconds of the
    reference videos count too. An order by frames is counted by its frames.
    """
    if order.tokens is not None:
        return order.tokens
    pictures = order.frames
    if observed and "frames" not in order.extra:
        pictures = 24 * order.seconds + 1
        return order.width * order.height * (pictures * 1000 + 24 * order.input_ms) // 1_024_000
    return order.width * order.height * pictures // 1024
