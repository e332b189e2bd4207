"""The command line, and what it says as one frozen value."""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from conformance.texts import (
    UsageError,
    address,
    api_key,
    base_url,
    duration,
    header,
    is_loopback,
    listen,
    money,
    number,
    pair,
    positive,
)

__all__ = ["Options", "UsageError", "base_url", "endpoint", "is_loopback", "may_pay", "parser"]


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


EXITS = """\
exit status:
  0  conformant
  1  a row fails, or a known deviation is stale
  2  the options cannot be used
  3  unreachable, the key is refused, or another dialect is spoken there
  4  incomplete: nothing failed, and not all musts were run
  5  a fault of the suite's own
"""


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line long."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


def parser() -> argparse.ArgumentParser:
    """All commands."""
    top = Parser(
        prog="seedance-conformance",
        description="Tells, rule by rule, what a Seedance 2.0 video API keeps of its documents.",
        epilog=EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="store_true", help="show the version and exit")
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    for name, text in (
        ("run", "send, judge and report"),
        ("plan", "print what would be sent and what it could cost, and send nothing"),
        ("explore", "draw orders at random, for endpoints that cost nothing"),
    ):
        _endpoint(
            commands.add_parser(
                name,
                help=text,
                description=text.capitalize() + ".",
                epilog=EXITS,
                formatter_class=argparse.RawDescriptionHelpFormatter,
            )
        )
    _others(commands)
    return top


def _endpoint(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--dialect", required=True, metavar="NAME", help="whose documents to judge by")
    add("--base-url", required=True, metavar="URL", help="the dialect's root")
    add("--api-key", metavar="KEY", help="the key (or SEEDANCE_API_KEY)")
    add("--second-key", metavar="KEY", help="another account's key (or SEEDANCE_SECOND_KEY)")
    add(
        "--profile",
        choices=("free", "lite", "full"),
        help="free buys no task, lite one or two, full all it needs (full on loopback, else free)",
    )
    add("--max-cost", metavar="AMOUNT", help="most US dollars of a run, by the price list")
    add("--max-paid-tasks", metavar="N", help="most tasks that may be bought")
    add(
        "--max-contingent",
        metavar="N",
        help="most tasks that may come of orders that have to be refused "
        "(0 away from loopback: such orders are not sent)",
    )
    add("--rps", metavar="N", help="most requests a second (no limit, but 429 is heeded)")
    add("--yes", action="store_true", help="spend without asking (loopback costs nothing)")
    add(
        "--control",
        metavar="URL|none",
        help="the simulator's control plane (tried on loopback; none: wait in real time)",
    )
    add(
        "--media-url",
        metavar="URL",
        help="where the endpoint can fetch what `media DIR` wrote: without it, whatever takes "
        "reference links is not judged",
    )
    add(
        "--select",
        action="append",
        default=[],
        metavar="ID",
        help="only these rows: ids, beginnings (evolink.callback) or patterns ('*.clip.*')",
    )
    add("--deviations", metavar="FILE", help="known deviations (TOML, as fixtures/*/observed.toml)")
    add("--report-dir", metavar="DIR", help="./seedance-report/<dialect>")
    add("--seed", metavar="N", help="for whatever is drawn (0)")
    add("--resume", metavar="RUN.jsonl", help="go on with a run that was interrupted")
    add("--prices", metavar="FILE", help="your contract's price list (TOML, see the README)")
    add(
        "--model",
        action="append",
        default=[],
        metavar="DOCUMENTED=ACTUAL",
        help="a model's name at this endpoint (repeatable)",
    )
    add(
        "--header",
        action="append",
        default=[],
        metavar="'N: V'",
        help="a header to send along (repeatable)",
    )
    add("--ca-file", metavar="F", help="certificates to trust (PEM)")
    add("--strict", action="store_true", help="a warning fails the run")
    add("--callback-url", metavar="URL", help="how the endpoint reaches the receiver")
    add("--callback-listen", metavar="HOST:PORT", help="where the receiver listens")
    add("--max-wait", default="15m", metavar="TIME", help="longest wait for a task (15m)")


def _others(commands: "argparse._SubParsersAction[Parser]") -> None:
    judge = commands.add_parser("judge", help="judge a transcript again")
    judge.add_argument("run", metavar="RUN.jsonl")
    judge.add_argument("--deviations", metavar="FILE")
    judge.add_argument("--report-dir", metavar="DIR")
    judge.add_argument("--strict", action="store_true")
    rows = commands.add_parser("rows", help="the catalogue and its coverage")
    rows.add_argument("--dialect", metavar="NAME")
    explain = commands.add_parser("explain", help="all about a row")
    explain.add_argument("id", metavar="ID")
    media = commands.add_parser("media", help="write the sample reference files for --media-url")
    media.add_argument("dir", metavar="DIR")
    replay = commands.add_parser("replay", help="send one rule's requests again")
    replay.add_argument("id", metavar="ID")
    replay.add_argument("--run", required=True, metavar="RUN.jsonl")
    replay.add_argument("--api-key", metavar="KEY")
    replay.add_argument("--yes", action="store_true", help="send what may cost something too")
    diff = commands.add_parser("diff", help="the same calls to two endpoints")
    diff.add_argument("--dialect", required=True, metavar="NAME")
    diff.add_argument("--base-url", required=True, metavar="A")
    diff.add_argument("--against", required=True, metavar="B|RUN.jsonl")
    diff.add_argument("--api-key", metavar="KEY")
    diff.add_argument("--report-dir", metavar="DIR")
    diff.add_argument("--yes", action="store_true", help="send what may cost something too")


def endpoint(given: argparse.Namespace) -> Options:
    """The options of `run`, `plan` and `explore`, checked."""
    from conformance import docs

    if given.dialect not in docs.dialects():
        raise UsageError(f"no dialect {given.dialect!r}: there are {', '.join(docs.dialects())}")
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
    )
    _permitted(options)
    return options


def _earlier(given: argparse.Namespace) -> Mapping[str, Any]:
    """What the run to go on with was told; it cannot be told otherwise now."""
    if not given.resume:
        return {}
    from conformance import transcript

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
    return [wish.strip() for each in given for wish in each.split(",") if wish.strip()]


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
    from difflib import get_close_matches

    from conformance.planning import picked

    for wish in options.select:
        if not any(picked(id, wish) for id in known):
            near = get_close_matches(wish, known, 3, 0.5)
            more = f": did you mean {', '.join(near)}?" if near else ""
            raise UsageError(f"--select {wish!r} names no row of {options.dialect}{more}")
