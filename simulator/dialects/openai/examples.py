"""The example orders of OpenAI's documents, with prompts and media of our own."""

from collections.abc import Mapping
from typing import Any

from simulator.core.samples import TEXT, inline

STANDARD, FAST = "doubao-seedance-2-0-260128", "doubao-seedance-2-0-fast-260128"

EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "text": {"model": STANDARD, "prompt": TEXT, "seconds": "5", "size": "1280x720"},
    "first-frame": {
        "model": FAST,
        "prompt": TEXT,
        "seconds": "4",
        "size": "1280x720",
        "input_reference": {"image_url": inline("image", 1)},
    },
}
