"""Near misses: why a plan or a fault that waits did not apply, and which name was meant."""

from collections.abc import Iterable, Mapping

MOST_TOLD = 5


def why_not(name: str, wanted: Mapping[str, str | None], found: Mapping[str, str]) -> str:
    """A sentence that names what differed; keys are not shown. Empty where nothing did."""
    reasons = []
    for field, word in wanted.items():
        have = found.get(field, "")
        if word is None or (word in have if field == "prompt" else word == have):
            continue
        if field == "key":
            reasons.append("it is for another key")
        elif field == "prompt":
            reasons.append(f"the prompt does not contain {word[:100]!r}")
        else:
            reasons.append(f"the {field} is {have[:100]!r}, not {word[:100]!r}")
    return f"{name} did not apply: {', '.join(reasons)}" if reasons else ""


def near(given: str, known: Iterable[str], most: int = 3) -> str:
    """``did you mean …?`` where some of the known names are like the one that was given."""
    from difflib import get_close_matches  # only mistakes need it

    found = get_close_matches(given[:60], list(dict.fromkeys(known)), most, 0.5)
    return f"did you mean {' or '.join(found)}?" if found else ""
