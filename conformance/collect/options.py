"""What the command line says, as one frozen value."""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.catalogue import documents
from conformance.collect import transcript
from conformance.collect.texts import (
    UsageError,
    address,
    api_key,
    base_url,
    duration,
    header,
    is_loopback,
    listen,
    meant,
    money,
    number,
    pair,
    positive,
)
from conformance.plan.stage import picked

if TYPE_CHECKING:
    from conformance.catalogue.documents import Catalogue

__all__ = ["Options", "UsageError", "base_url", "endpoint", "is_loopback", "may_pay"]


@dataclass(frozen=True, slots=True)
class Options:
    """What `run` and its like were told."""

    dialect: str
    base_url: str
    api_key: str | None = None
    profile: str = "full"
    max_cost: Decimal | None = None
    max_paid_tasks: int | None = None
    max_contingent: int | None = None
    rps: float | None = None
    yes: bool = False
    control: str | None = None
    upstream: str | None = None
    media_url: str | None = None
    second_key: str | None = None
    admin_token: str = ""
    select: tuple[str, ...] = ()
    deviations: Path | None = None
    report_dir: Path = Path("seedance-report")
    seed: int = 0
    resume: Path | None = None
    prices: Path | None = None
    models: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    ca_file: Path | None = None
    strict: bool = False
    callback_url: str | None = None
    callback_listen: tuple[str, int] | None = None
    max_wait: float = 900.0
    loopback: bool = True
    cells: bool = True


def endpoint(given: argparse.Namespace) -> Options:
    """The options of `run`, `plan` and `explore`, checked."""
    if given.dialect not in documents.dialects():
        raise UsageError(
            f"no dialect {given.dialect!r}: there are {', '.join(documents.dialects())}"
        )
    base = base_url(given.base_url, given.dialect)
    loopback = is_loopback(base)
    earlier = _earlier(given)
    profile = given.profile or earlier.get("profile") or ("full" if loopback else "free")
    contingent = number(given.max_contingent, "--max-contingent")
    if contingent is None and not loopback:
        contingent = 0
    options = Options(
        dialect=given.dialect,
        base_url=base,
        api_key=api_key(given.api_key or os.environ.get("SEEDANCE_API_KEY"), "--api-key"),
        profile=profile,
        max_cost=money(given.max_cost),
        max_paid_tasks=number(given.max_paid_tasks, "--max-paid-tasks"),
        max_contingent=contingent,
        rps=positive(given.rps, "--rps"),
        yes=given.yes,
        control=given.control if given.control == "none" else address(given.control, "--control"),
        upstream=address(given.upstream, "--upstream"),
        media_url=address(given.media_url, "--media-url"),
        second_key=api_key(
            given.second_key or os.environ.get("SEEDANCE_SECOND_KEY"), "--second-key"
        ),
        admin_token=os.environ.get("SEEDANCE_SIM_ADMIN_TOKEN", ""),
        select=tuple(selection(given.select) or earlier.get("select", ())),
        deviations=Path(given.deviations) if given.deviations else None,
        report_dir=_report_dir(given),
        seed=int(earlier.get("seed", 0))
        if given.seed is None
        else number(given.seed, "--seed") or 0,
        resume=Path(given.resume) if given.resume else None,
        prices=Path(given.prices) if given.prices else None,
        models=tuple(pair(each, "=", "--model") for each in given.model)
        or tuple(earlier.get("models", {}).items()),
        headers=tuple(header(each) for each in given.header),
        ca_file=Path(given.ca_file) if given.ca_file else None,
        strict=given.strict,
        callback_url=address(given.callback_url, "--callback-url"),
        callback_listen=listen(given.callback_listen),
        max_wait=duration(given.max_wait),
        loopback=loopback,
        cells=loopback and profile == "full" and not given.no_cells,
    )
    _permitted(options)
    _fitting(options, documents.catalogue(options.dialect))
    return options


def _fitting(options: Options, catalogue: "Catalogue") -> None:
    """Refuse options that say nothing together."""
    if options.second_key and options.second_key == options.api_key:
        raise UsageError("--second-key is --api-key again: it has to be another account's")
    if options.callback_url and not options.callback_listen:
        raise UsageError("--callback-url needs --callback-listen: where the receiver listens")
    if options.upstream and options.control not in (None, "none"):
        raise UsageError(
            "--upstream and --control exclude each other: behind a gateway time is real"
        )
    if options.upstream and options.profile != "full":
        raise UsageError(
            f"--upstream buys tasks, and --profile {options.profile} none of their kind: say "
            "--profile full"
        )
    known = [model.id for model in catalogue.models]
    for name, _ in options.models:
        if name not in known:
            raise UsageError(f"--model {name!r} is no documented model: {', '.join(known)}")


def _earlier(given: argparse.Namespace) -> Mapping[str, Any]:
    """What the run to go on with was told; it cannot be told otherwise now."""
    if not given.resume:
        return {}
    meta = transcript.first(Path(given.resume))
    told = {
        "profile": given.profile,
        "select": selection(given.select),
        "models": dict(pair(each, "=", "--model") for each in given.model),
        "seed": number(given.seed, "--seed"),
    }
    for name, now in told.items():
        if now not in (None, [], {}) and now != meta.get(name):
            raise UsageError(
                f"--resume {given.resume} is a run with {name} {meta.get(name)!r}, not {now!r}"
            )
    return meta


def selection(given: Sequence[str]) -> list[str]:
    """The wishes of every `--select`, each of which may name several with commas between."""
    wishes = [wish.strip() for each in given for wish in each.split(",")]
    if "" in wishes:
        raise UsageError("--select names no row: it is empty")
    return wishes


def _report_dir(given: argparse.Namespace) -> Path:
    if given.report_dir:
        return Path(given.report_dir)
    if given.resume:
        return Path(given.resume).parent
    return Path("seedance-report") / str(given.dialect)


def _permitted(options: Options) -> None:
    if options.loopback or options.profile == "free":
        return
    if options.max_cost is None and options.max_paid_tasks is None:
        raise UsageError(
            f"--profile {options.profile} buys tasks at {options.base_url}: "
            "say how much with --max-cost or --max-paid-tasks"
        )


def may_pay(options: Options) -> bool:
    """Whether a run could cost its user something."""
    return not options.loopback and (options.profile != "free" or options.max_contingent != 0)


def selected(options: Options, known: Sequence[str]) -> None:
    """Refuse a `--select` that names no row."""
    for wish in options.select:
        if not any(picked(id, wish) for id in known):
            near = meant(wish, known)
            raise UsageError(f"--select {wish!r} names no row of {options.dialect}{near}")
