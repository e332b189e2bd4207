"""The old way of asking, in the text itself: ``A quiet lake --rs 720p --rt 9:16 --dur 5``.

Volcengine documentation 82379/1520757: still accepted, but judged loosely. What cannot be read is
left alone, and a field of the request wins over the text (ours: no page says which one does).
"""

import re
from collections.abc import Mapping
from typing import Any

from simulator.core.rules import Body, whole
from simulator.dialects import content
from simulator.dialects.ark_family import RATIO_CHOICES, SEED_MOST
from simulator.dialects.ark_models import MODELS, Model

_COMMAND = re.compile(r"--(\w+)\s+(\S+)")
_FIELDS: Mapping[str, str] = {
    "rs": "resolution",
    "resolution": "resolution",
    "rt": "ratio",
    "ratio": "ratio",
    "dur": "duration",
    "duration": "duration",
    "seed": "seed",
    "wm": "watermark",
    "watermark": "watermark",
}
_FLAGS = {"true": True, "false": False}


def with_commands(body: Body) -> Body:
    """The body with what the commands of its text ask for, where no field does."""
    text = content.text(body)
    if "--" not in text:
        return body
    asked = dict(body)
    for name, word in _COMMAND.findall(text):
        field = _FIELDS.get(name)
        if field is not None and asked.get(field) is None:
            asked[field] = _read(field, word, MODELS[body["model"]])
    return asked


def _read(field: str, word: str, model: Model) -> Any:
    """What a command's word stands for, or None."""
    number = whole(word)
    match field:
        case "resolution":
            return word.lower() if word.lower() in model.resolutions else None
        case "ratio":
            return word if word in RATIO_CHOICES else None
        case "watermark":
            return _FLAGS.get(word)
        case "duration":
            least, most = model.seconds
            return number if number in (-1, *range(least, most + 1)) else None
        case _:
            return number if number is not None and -1 <= number <= SEED_MOST else None
