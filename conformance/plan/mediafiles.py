"""The sample reference files that a static host has to serve for `--media-url`."""

from pathlib import Path

from conformance.catalogue import documents, orders
from conformance.plan import samples, stage
from conformance.plan.probes import World
from conformance.plan.references import Missing, parsed


def write(folder: Path) -> list[str]:
    """Write every file that a plan of any dialect can ask for."""
    names: set[str] = set()
    for medium, number, wish in sorted(wanted()):
        try:
            raw, _ = samples.sample(medium, number, wish)
        except (KeyError, ValueError):
            continue
        name = samples.name(medium, number, wish)
        (folder / name).write_bytes(raw)
        names.add(name)
    (folder / "text.txt").write_text("These bytes are no medium at all.\n", "utf-8")
    return sorted([*names, "text.txt"])


def wanted() -> set[tuple[str, int, str]]:
    """The media of all plans: medium, number and properties."""
    found = set()
    for name in documents.dialects():
        world = World(
            documents.catalogue(name), control=True, second=True, callback=True, media=True
        )
        if world.dialect.media == "file":
            continue
        for probe in stage.plan(world).probes.values():
            for text in orders.strings(probe.body):
                if text.startswith(("$image", "$video", "$audio")) and "face" not in text:
                    try:
                        found.add(parsed(text))
                    except Missing:
                        continue
    return found
