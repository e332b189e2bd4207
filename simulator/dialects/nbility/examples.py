"""The example orders of Nbility's documents, with prompts and media of our own."""

from collections.abc import Mapping
from typing import Any

from simulator.core.samples import IMAGES, SOUND, TEXT, file

EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "text": {
        "model": "seedance-2-720p",
        "prompt": TEXT,
        "duration": 5,
        "ratio": "16:9",
    },
    "images": {
        "model": "seedance-2-1080p",
        "prompt": IMAGES,
        "duration": 8,
        "ratio": "16:9",
        "image_1": file("image", 1),
        "image_2": file("image", 2),
        "image_3": file("image", 3),
    },
    "video-audio": {
        "model": "seedance-2-720p",
        "prompt": SOUND,
        "duration": 10,
        "ratio": "16:9",
        "video": file("video"),
        "audio": file("audio"),
    },
}
