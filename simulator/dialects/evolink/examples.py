"""The example orders of EvoLink's documents, with prompts and media of our own."""

from collections.abc import Mapping
from typing import Any

from simulator.core.samples import FRAMES, IMAGES, SOUND, TEXT, link

REFERENCE = "seedance-2.0-reference-to-video"

EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "text": {"model": "seedance-2.0-text-to-video", "prompt": TEXT, "duration": 5},
    "images": {
        "model": REFERENCE,
        "prompt": IMAGES,
        "image_urls": [link("image", 1), link("image", 2)],
        "duration": 10,
        "quality": "720p",
        "aspect_ratio": "16:9",
        "generate_audio": True,
    },
    "video-audio": {
        "model": REFERENCE,
        "prompt": SOUND,
        "video_urls": [link("video")],
        "audio_urls": [link("audio")],
        "duration": 5,
        "quality": "480p",
        "aspect_ratio": "adaptive",
    },
    "first-last": {
        "model": "seedance-2.0-image-to-video",
        "prompt": FRAMES,
        "image_urls": [link("image", 1), link("image", 2)],
        "duration": 4,
    },
}
