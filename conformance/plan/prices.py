"""Prices: what an order costs at worst, in US dollars, by a list with sources and days."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from conformance.catalogue import documents
from conformance.catalogue.rows import thaw
from conformance.plan import worst_case

UNITS = ("second", "task", "token")
# Units that only a gateway's own answers tell: no order can be reckoned in them beforehand.
TOLD = ("quota", "credit")
KEYS = {"model", "unit", "usd", "source", "day", "resolution", "with_video"}
ANY = "*"


class PriceError(ValueError):
    """A price list that cannot be used."""


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit of a model costs at most, at one resolution where the list tells them apart."""

    model: str
    unit: str
    usd: Decimal
    source: str
    day: str
    resolution: str = ""


Listed = tuple[Price, ...]


def load(path: Path | None, dialect: str) -> Listed:
    """The prices of a dialect; the shipped list where no file is given."""
    shipped = path is None
    path = path or _shipped()
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as fault:
        raise PriceError(f"{path}: {fault.strerror}") from fault
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise PriceError(f"{path}: {fault}") from fault
    found = data.get(dialect, [])
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise PriceError(f"{path}: {dialect} has to be a list of tables, [[{dialect}]]")
    if not found and not shipped:
        raise PriceError(f"{path}: there is no price of {dialect} in it; {example(dialect)}")
    listed = tuple(_price(str(path), item) for item in found)
    return tuple(each for each in listed if each.unit in UNITS)


def _shipped() -> Path:
    """The list that comes with the distribution, which has both packages side by side.

    Prices are facts with a source, not readings of a page, so the file is shared; how they are
    reckoned with is written twice.
    """
    path = Path(__file__).resolve().parents[2] / "simulator" / "facts" / "prices.toml"
    if not path.is_file():
        raise PriceError(f"the list of prices is missing: {path}")
    return path


def recorded(listed: Listed) -> list[dict[str, str]]:
    """A list as it stands in a transcript."""
    return [{key: str(value) for key, value in asdict(each).items()} for each in listed]


def of(dialect: str, lines: Iterable[Mapping[str, Any]] | None) -> Listed:
    """The list whose lines a run wrote down, as `recorded` made them; else the shipped one."""
    if lines is None:
        return load(None, dialect)
    if not isinstance(lines, list) or not all(isinstance(each, Mapping) for each in lines):
        raise PriceError("run.jsonl: its prices cannot be read")
    return tuple(
        _price("run.jsonl", {key: value for key, value in line.items() if value != ""})
        for line in lines
    )


def _price(name: str, item: Mapping[str, Any]) -> Price:
    try:
        if unknown := sorted(item.keys() - KEYS):
            raise ValueError(f"there is no key {unknown[0]!r}")
        unit, usd = str(item["unit"]), Decimal(str(item["usd"]))
        if unit not in (*UNITS, *TOLD):
            raise ValueError(f"unit {unit!r} is none of {', '.join((*UNITS, *TOLD))}")
        for one in (usd, lower := Decimal(str(item.get("with_video", usd)))):
            if not one.is_finite() or one < 0:
                raise ValueError(f"usd {one} is no price")
        resolution = str(item.get("resolution", ""))
        if resolution and resolution not in worst_case.PIXELS:
            raise ValueError(f"resolution {resolution!r} is none of {', '.join(worst_case.PIXELS)}")
        where = str(item["source"]), str(item["day"])
        return Price(str(item["model"]), unit, max(usd, lower), *where, resolution)
    except KeyError as fault:
        raise PriceError(f"{name}: the price {dict(item)!r} has no {fault}") from fault
    except (ValueError, ArithmeticError) as fault:
        said = "usd is no number" if isinstance(fault, ArithmeticError) else fault
        raise PriceError(f"{name}: the price {dict(item)!r} cannot be used: {said}") from fault


def worst(
    order: Any,
    listed: Listed,
    catalogue: documents.Catalogue,
    models: Mapping[str, str] | None = None,
) -> Decimal | None:
    """The most that an order can cost; None where the list has no price for it.

    An order that has to be refused may be read by a broken server in any way: what it says is
    taken for true only where that makes it dearer.
    """
    plain = thaw(order) if isinstance(order, Mapping) else {}
    choices = list(_choices(plain, listed, catalogue, models or {}))
    if not choices:
        return None
    request = catalogue.dialect.request
    return max(worst_case.cost(each.unit, each.usd, size, plain, request) for each, size in choices)


def _choices(
    order: Mapping[str, Any],
    listed: Listed,
    catalogue: documents.Catalogue,
    models: Mapping[str, str],
) -> Iterator[tuple[Price, str]]:
    """The prices that may apply, each with the resolution that it may apply at."""
    known = {each.id: each.resolutions for each in catalogue.models}
    named = catalogue.dialect.request.value(order, "model")
    names = {named, models.get(named, named)} if isinstance(named, str) else set()
    own = [each for each in listed if each.model in names]
    own = own or [each for each in listed if each.model == ANY]
    if not own and names & known.keys():
        return
    asked, sure = worst_case.resolution(order, catalogue.dialect.request)
    for each in own or listed:
        documented = [name for name in known.get(each.model, ()) if name in worst_case.PIXELS]
        sizes = [asked] if asked else []
        sizes += [] if sure else documented or ["4k"]
        size = max(sizes, key=worst_case.PIXELS.__getitem__)
        if each.unit == "task" or not each.resolution:
            yield each, size
        elif not sure or each.resolution == asked:
            yield each, each.resolution


def example(dialect: str) -> str:
    """How to give a price, in one line."""
    model = documents.catalogue(dialect).models[0]
    return (
        f"give your contract's with --prices FILE, a TOML file with tables such as [[{dialect}]] "
        f'model = "{model.id}", unit = "{model.per}", usd = "0.10", source = "contract", '
        'day = "2026-11-27"'
    )


def missing(dialect: str) -> str:
    """That nothing is listed, and what to do, in one line."""
    return f"the price list has no price for {dialect}, for none is published: {example(dialect)}"
