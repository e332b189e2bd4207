"""The example orders of Ark's documents, with prompts and media of our own."""

from collections.abc import Mapping
from typing import Any

from simulator.core.samples import FRAMES, IMAGES, SOUND, TEXT, link
from simulator.dialects.content import media_item, text_item

MODEL = "doubao-seedance-2-0-260128"

EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "text": {"model": MODEL, "content": [text_item(TEXT)], "ratio": "16:9", "duration": 5},
    "images": {
        "model": "dreamina-seedance-2-0-fast-260128",
        "content": [
            text_item(IMAGES),
            media_item("image", link("image", 1), "reference_image"),
            media_item("image", link("image", 2), "reference_image"),
        ],
        "ratio": "1:1",
    },
    "video-audio": {
        "model": MODEL,
        "content": [
            text_item(SOUND),
            media_item("video", link("video"), "reference_video"),
            media_item("audio", link("audio"), "reference_audio"),
        ],
        "resolution": "480p",
    },
    "first-last": {
        "model": "doubao-seedance-2-0-mini-260615",
        "content": [
            text_item(FRAMES),
            media_item("image", link("image", 1), "first_frame"),
            media_item("image", link("image", 2), "last_frame"),
        ],
        "resolution": "480p",
        "return_last_frame": True,
    },
}
