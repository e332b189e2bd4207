"""A JSON Schema of values that were seen: what they all have, and the types that stood there."""

from collections.abc import Sequence, Set
from typing import Any

Schema = dict[str, Any]
_NAMES = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


MOST_SHOWN = 2


def shortened(value: Any) -> Any:
    """A value for people to look at: of long lists the beginning."""
    if isinstance(value, list):
        return [shortened(item) for item in value[:MOST_SHOWN]]
    return {k: shortened(v) for k, v in value.items()} if isinstance(value, dict) else value


def schema(values: Sequence[Any], opaque: Set[str] = frozenset()) -> Schema:
    """The schema that all of some JSON values fit; anything where there are none.

    With ``opaque`` names, what stands under these can be anything, and any other plain value null:
    so are answers about things of which there are more kinds than examples.
    """
    kinds = list(dict.fromkeys(_NAMES.get(type(value), "") for value in values))
    objects = [value for value in values if isinstance(value, dict)]
    arrays = [value for value in values if isinstance(value, list)]
    plain = [kind for kind in kinds if kind]
    if "number" in plain and "integer" in plain:
        plain.remove("integer")
    found: Schema = {}
    if opaque and plain and "null" not in plain:
        plain.append("null")
    names = [*plain, *(["object"] if objects else []), *(["array"] if arrays else [])]
    if names:
        found["type"] = names[0] if len(names) == 1 else names
    if objects:
        keys = dict.fromkeys(key for one in objects for key in one)
        found["properties"] = {
            key: {} if key in opaque else schema([o[key] for o in objects if key in o], opaque)
            for key in keys
        }
        if needed := [key for key in keys if all(key in one for one in objects)]:
            found["required"] = needed
    if arrays:  # of any items where none was seen: generators ask for a word about them
        found["items"] = schema([item for one in arrays for item in one], opaque)
    return found
