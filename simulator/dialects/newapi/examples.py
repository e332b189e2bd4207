"""The example orders of new-api's documents, with prompts and media of our own."""

from collections.abc import Mapping
from typing import Any

from simulator.core.samples import FRAMES, IMAGES, SOUND, TEXT, link
from simulator.dialects.content import media_item

STANDARD, FAST = "doubao-seedance-2-0-260128", "doubao-seedance-2-0-fast-260128"

EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "text": {
        "model": STANDARD,
        "prompt": TEXT,
        "metadata": {"resolution": "720p", "ratio": "16:9", "duration": 5},
    },
    "images": {
        "model": FAST,
        "prompt": IMAGES,
        "seconds": "6",
        "metadata": {
            "ratio": "4:3",
            "content": [
                media_item("image", link("image", 1), "reference_image"),
                media_item("image", link("image", 2), "reference_image"),
            ],
        },
    },
    "video-audio": {
        "model": STANDARD,
        "prompt": SOUND,
        "metadata": {
            "ratio": "adaptive",
            "content": [
                media_item("video", link("video"), "reference_video"),
                media_item("audio", link("audio"), "reference_audio"),
            ],
        },
    },
    "first-last": {
        "model": STANDARD,
        "prompt": FRAMES,
        "metadata": {
            "resolution": "480p",
            "content": [
                media_item("image", link("image", 1), "first_frame"),
                media_item("image", link("image", 2), "last_frame"),
            ],
        },
    },
}
