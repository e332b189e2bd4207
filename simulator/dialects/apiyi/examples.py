"""The example orders of APIYI's documents, with prompts and media of our own."""

from collections.abc import Mapping
from typing import Any

from simulator.core.samples import FRAMES, IMAGES, SOUND, TEXT, inline, link
from simulator.dialects import content
from simulator.dialects.apiyi.rules import FAST

EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "text": {
        "model": FAST,
        "content": [content.text_item(TEXT)],
        "resolution": "720p",
        "ratio": "16:9",
        "duration": 5,
        "generate_audio": False,
    },
    "images": {
        "model": FAST,
        "content": [
            content.text_item(IMAGES),
            content.media_item("image", link("image", 1), "reference_image"),
            content.media_item("image", link("image", 2), "reference_image"),
        ],
        "ratio": "21:9",
    },
    "video-audio": {
        "model": FAST,
        "content": [
            content.text_item(SOUND),
            content.media_item("image", link("image", 1), "reference_image"),
            content.media_item("video", link("video"), "reference_video"),
            content.media_item("audio", link("audio"), "reference_audio"),
        ],
        "ratio": "adaptive",
        "duration": -1,
    },
    "first-last": {
        "model": FAST,
        "content": [
            content.text_item(FRAMES),
            content.media_item("image", inline("image"), "first_frame"),
            content.media_item("image", link("image", 2), "last_frame"),
        ],
        "ratio": "adaptive",
    },
}
