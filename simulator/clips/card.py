"""The card: which task this is, what was asked, and what it is made from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from simulator.clips import fonts, label, tiles
from simulator.clips.geometry import BLOCK, Area, Box, Geometry
from simulator.clips.layout import Layout, one_line
from simulator.clips.sheet import Sheet, Tone
from simulator.clips.spec import FPS, ClipSpec
from simulator.clips.text import fitted, line, width
from simulator.clips.timeline import digits, places

PROMPT_SIZES = (72, 62, 54, 48, 40, 35, 31, 27, 24, 21, 18)
CALM = 42
HEADLINE = 3
BANNER_SIZES = (34, 30, 26, 23, 20, 18)
LEADING = 1.32

# The size of the task's name, and how much of that its base line is below the edge of the card.
TASK, RAISED = 23, 0.8

# Smaller pictures than any provider makes show the task and the prompt alone.
ROOMY = 0.5
PLAIN_TIERS = ("", "standard", "default")


class Chip(NamedTuple):
    """A short word in a frame; a loud one says what is out of the usual."""

    text: str
    loud: bool = False


def card(spec: ClipSpec, geometry: Geometry, number: int) -> Sheet:
    """What is written for one task, down to where the facts begin."""
    right = geometry.scene.left or geometry.scene.right
    facts = table(geometry, values(spec))
    area = Area(0, geometry.panel.top, right, facts.first)
    layout = Layout(Sheet(area, number), geometry, geometry.text.top)
    heading(layout, spec, number, chipped=bool(facts.rows))
    bottom: float = facts.top
    if spec.references and facts.rows:
        bottom = tiles.row(layout, spec.references, bottom)
    prompt(layout, spec, bottom)
    return layout.sheet


def banner(spec: ClipSpec, geometry: Geometry, number: int) -> Sheet:
    """What is written over the user's own picture."""
    area = Area(0, geometry.panel.top, geometry.shape.columns, geometry.track.top)
    layout = Layout(Sheet(area, number), geometry, geometry.text.top)
    text, size = geometry.text, layout.size(19)
    layout.y += size * 0.8
    task = line(one_line(spec.task, fonts.MONO, size, text.width), fonts.MONO)
    layout.sheet.text(task, size, text.left, layout.y, "accent")
    used, small = width(task, size) + layout.px(18), layout.size(15)
    if text.width - used > layout.px(120):
        about = f"{spec.dialect}  /  {spec.model}  /  {spec.mode}"
        about = one_line(about, fonts.TEXT, small, text.width - used)
        layout.sheet.text(line(about), small, text.left + used, layout.y, "soft")
    layout.y += layout.px(2)
    prompt(layout, spec, text.bottom + layout.px(30), BANNER_SIZES)
    return layout.sheet


def heading(layout: Layout, spec: ClipSpec, number: int, *, chipped: bool) -> None:
    """The task in the accent colour, who would have made it, and chips where there is room."""
    maker = f"{spec.dialect}  /  {spec.model}"
    known = usual(layout.geometry, number, maker, tuple(labels(spec)) if chipped else ())
    layout.sheet.lay(known.sheet)
    size = layout.size(TASK)
    task = one_line(spec.task, fonts.MONO, size, layout.geometry.text.width)
    layout.sheet.text(line(task, fonts.MONO), size, layout.left, layout.y + size * RAISED, "accent")
    layout.y = known.y
    if chipped:
        chips(layout, (Chip(f"Seed {spec.seed}"),), known.x)
        layout.y += chip_height(layout)


@dataclass(frozen=True, slots=True)
class Usual:
    """What many tasks have in common under their names, and where a next chip goes, in pixels."""

    sheet: Sheet
    x: int
    y: float


# A megabyte each at 4K, and a ninth of that at 720p.
@lru_cache(maxsize=8)
def usual(geometry: Geometry, number: int, maker: str, wanted: tuple[Chip, ...]) -> Usual:
    """Who would have made it, and chips, drawn once for all their tasks."""
    right = geometry.scene.left or geometry.scene.right
    area = Area(0, geometry.panel.top, right, geometry.track.top)
    layout = Layout(Sheet(area, number), geometry, geometry.text.top)
    size = layout.size(16)
    layout.y += layout.size(TASK) * RAISED + size * 1.75
    said = one_line(maker, fonts.TEXT, size, geometry.text.width)
    layout.sheet.text(line(said), size, layout.left, layout.y, "soft")
    layout.y += layout.px(16)
    x = chips(layout, wanted, layout.left)
    layout.sheet.trim()
    return Usual(layout.sheet, x, layout.y)


def chips(layout: Layout, wanted: Sequence[Chip], x: int) -> int:
    """Set chips side by side, in as many lines as they need; returns where the next would be."""
    size, high = layout.size(13), chip_height(layout)
    for chip in wanted:
        runs = line(chip.text)
        wide = round(width(runs, size)) + 2 * layout.px(11)
        if x > layout.left and x + wide > layout.geometry.text.right:
            x, layout.y = layout.left, layout.y + high + layout.px(7)
        top = round(layout.y)
        box = Box(x, top, x + wide, top + high)
        layout.sheet.rounded(box, high // 2, "accent" if chip.loud else "raised")
        base = top + high / 2 + size * 0.36
        tone: Tone = "paper" if chip.loud else "ink"
        layout.sheet.text(runs, size, x + layout.px(11), base, tone)
        x += wide + layout.px(7)
    return x


def chip_height(layout: Layout) -> int:
    """How high a chip is, in whole pairs of pixels."""
    return layout.px(27) // 2 * 2


def labels(spec: ClipSpec) -> Iterator[Chip]:
    """What the chips of a clip say, in their order; its seed comes behind them."""
    yield Chip(spec.mode)
    if spec.draft:
        yield Chip("Draft", loud=True)
    yield Chip(spec.tier.capitalize() or "Standard", loud=spec.tier not in PLAIN_TIERS)
    yield Chip("Camera fixed", loud=True) if spec.camera_fixed else Chip("Camera moves")


Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of names and values at the bottom: where they begin, and their rows."""

    top: float
    step: float
    rows: tuple[tuple[tuple[float, str, str], ...], ...]

    @property
    def first(self) -> int:
        """The first row of blocks."""
        return int(self.top) // BLOCK


@lru_cache(maxsize=256)
def table(geometry: Geometry, facts: Facts) -> Table:
    """The table of facts: where it begins and its rows; an empty one where there is no room."""
    if geometry.unit < ROOMY:
        return Table(geometry.track.top * BLOCK, 0, ())
    small, big = fact_sizes(geometry)
    rows: list[list[tuple[float, str, str]]] = [[]]
    x = 0.0
    for name, value in facts:
        wide = max(width(line(name), small), width(line(value), big))
        if rows[-1] and x + wide > geometry.text.width:
            rows.append([])
            x = 0.0
        rows[-1].append((geometry.text.left + x, name, value))
        x += wide + geometry.px(30)
    step = (small + big) * 1.5 + geometry.px(6)
    top = geometry.text.bottom - step * len(rows) + geometry.px(10)
    return Table(top, step, tuple(map(tuple, rows)))


def fact_sizes(geometry: Geometry) -> tuple[int, int]:
    """The sizes of a fact's name and of its value, in pixels."""
    return max(10, geometry.px(12)), max(10, geometry.px(18))


def tabled(geometry: Geometry, number: int, facts: Facts) -> Sheet:
    """The facts, which are the same for many tasks."""
    known = table(geometry, facts)
    right = geometry.scene.left or geometry.scene.right
    sheet = Sheet(Area(0, known.first, right, geometry.track.top), number)
    small, big = fact_sizes(geometry)
    for place, row in enumerate(known.rows):
        base = known.top + known.step * place + small
        for left, name, value in row:
            sheet.text(line(name), small, left, base, "soft")
            sheet.text(line(value), big, left, base + big * 1.32, "ink")
    return sheet


def values(spec: ClipSpec) -> Facts:
    """The facts of a clip, each with its name."""
    return named(
        spec.width, spec.height, spec.resolution, spec.ratio, spec.frames, sound=spec.sound
    )


@lru_cache(maxsize=64)
def named(
    width: int, height: int, resolution: str, ratio: str, frames: int, *, sound: bool
) -> Facts:
    """The same of what they depend on, which many clips have in common."""
    return (
        ("Size", f"{width} \u00d7 {height}"),
        ("Resolution", resolution or "\u2013"),
        ("Ratio", ratio or "\u2013"),
        ("Length", f"{frames / FPS:.4g} s"),
        ("Frames", str(frames)),
        ("Sound", "on" if sound else "off"),
    )


def prompt(
    layout: Layout, spec: ClipSpec, bottom: float, wanted: Sequence[float] = PROMPT_SIZES
) -> None:
    """The prompt as large as the room allows."""
    text = layout.geometry.text
    top = layout.y + layout.px(20)
    room = bottom - layout.px(20) - top
    sizes = tuple(layout.size(size) for size in wanted)
    most = {size: HEADLINE if size > layout.px(CALM) else 99 for size in sizes}
    lines = {size: max(1, min(most[size], int(room / (size * LEADING)))) for size in sizes}
    block = fitted(spec.prompt or "No prompt", sizes, text.width, lines, fonts.DISPLAY)
    tone: Tone = "ink" if spec.prompt else "soft"
    base = top + block.size * 0.92
    for runs in block.lines:
        left = text.right - width(runs, block.size) if block.rtl else text.left
        layout.sheet.text(runs, block.size, left, base, tone)
        base += block.size * LEADING


def footer(geometry: Geometry, number: int, frames: int, mark: bool, start: int | None) -> Sheet:
    """The clock and the counter as in a picture, and the provider's label where it is asked for."""
    area = Area(0, geometry.clock.top, geometry.scene.right, geometry.panel.bottom)
    sheet = Sheet(area, number)
    cell = geometry.cell
    if start is not None:
        clock(sheet, geometry, start)
    size, base = clock_size(geometry), clock_base(geometry, geometry.clock.top)
    left = (geometry.counter + 3 * cell.columns) * BLOCK + geometry.px(8)
    sheet.text(line(f"/ {frames}", fonts.MONO), size, left, base, "soft")
    if mark:
        marked(sheet, geometry)
    return sheet


def clock(sheet: Sheet, geometry: Geometry, frame: int) -> None:
    """Draw the clock as it stands at a frame."""
    for place in (2, 5, 8):
        column = geometry.margin // BLOCK + place * geometry.cell.columns
        digit(sheet, geometry, column, ":", "ink")
    for column, char in zip(places(geometry), digits(frame), strict=True):
        digit(sheet, geometry, column, char, "ink")


def marked(sheet: Sheet, geometry: Geometry, *, over: bool = False) -> None:
    """The label, on the card or over a picture."""
    size = label.size(geometry)
    box = label.on_picture(geometry) if over else label.on_card(geometry)
    sheet.rounded(box, box.height // 4, "plate" if over else "raised")
    left, base = box.left + geometry.px(label.PAD), box.top + box.height / 2 + size * 0.36
    sheet.text(line(label.MARK), size, left, base, "ink")


def digit(sheet: Sheet, geometry: Geometry, column: int, char: str, tone: Tone) -> None:
    """One character in the middle of its cell."""
    size = clock_size(geometry)
    runs = line(char, fonts.MONO)
    left = column * BLOCK + (geometry.cell.columns * BLOCK - width(runs, size)) / 2
    sheet.text(runs, size, left, clock_base(geometry, sheet.area.top), tone)


def clock_size(geometry: Geometry) -> int:
    """Digits that are a little narrower than their cells, however small the picture."""
    return geometry.cell.columns * 25


def clock_base(geometry: Geometry, top: int) -> float:
    """The baseline of the clock's digits, in pixels from the top."""
    return top * BLOCK + geometry.cell.rows * BLOCK / 2 + clock_size(geometry) * 0.365
