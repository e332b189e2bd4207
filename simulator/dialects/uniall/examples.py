"""The example orders of UniAll's documents, with prompts and media of our own."""

from collections.abc import Mapping
from typing import Any

from simulator.core.samples import FRAMES, IMAGES, SOUND, TEXT, link

EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "text": {
        "model": "seedance2.0-720p",
        "prompt": TEXT,
        "duration": 8,
        "aspect_ratio": "16:9",
        "extra_body": {"generate_audio": False, "seed": 42, "watermark": False},
    },
    "images": {
        "model": "seedance2.0-fast-720p",
        "prompt": IMAGES,
        "images": [link("image", 1, upright=True), link("image", 2, upright=True)],
        "duration": 6,
        "aspect_ratio": "9:16",
        "extra_body": {"generate_audio": True, "camera_fixed": False},
    },
    "video-audio": {
        "model": "seedance2.0-mini-720p",
        "prompt": SOUND,
        "videos": [link("video")],
        "audios": [link("audio")],
        "duration": 5,
        "aspect_ratio": "1:1",
    },
    "first-last": {
        "model": "seedance2.0-480p",
        "prompt": FRAMES,
        "image": link("image", 1),
        "last_image": link("image", 2),
        "duration": 5,
        "extra_body": {"operation": "first_last_frame"},
    },
}
