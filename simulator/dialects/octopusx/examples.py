"""The example orders of OctopusX's documents, with prompts and media of our own."""

from collections.abc import Mapping
from typing import Any

from simulator.core.samples import FRAMES, IMAGES, SOUND, TEXT, link
from simulator.dialects.content import media_item, text_item

STANDARD, FAST = "doubao-seedance-2-0-260128", "doubao-seedance-2-0-fast-260128"

EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "text": {
        "model": STANDARD,
        "content": [text_item(TEXT)],
        "metadata": {"duration": 5, "resolution": "720p", "ratio": "16:9"},
    },
    "images": {
        "model": FAST,
        "content": [
            text_item(IMAGES),
            media_item("image", link("image", 1), "reference_image"),
            media_item("image", link("image", 2), "reference_image"),
        ],
        "metadata": {"duration": 5, "ratio": "4:3", "watermark": False},
    },
    "video-audio": {
        "model": STANDARD,
        "content": [
            text_item(SOUND),
            media_item("video", link("video"), "reference_video"),
            media_item("audio", link("audio"), "reference_audio"),
        ],
        "metadata": {"duration": 5, "ratio": "adaptive", "generate_audio": True},
    },
    "first-last": {
        "model": STANDARD,
        "content": [
            text_item(FRAMES),
            media_item("image", link("image", 1), "first_frame"),
            media_item("image", link("image", 2), "last_frame"),
        ],
        "metadata": {"duration": 5, "resolution": "480p"},
    },
}
