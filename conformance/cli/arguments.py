"""The command line: its commands, their options and what each is for."""

import argparse
from functools import partial
from typing import NoReturn

from conformance.collect.texts import UsageError

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
    for command in commands.choices.values():
        command.add_argument(
            "--debug", action="store_true", help="show the way to a fault of the suite's own"
        )
    return top


def _endpoint(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    several = partial(add, action="append", default=[])
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
        "--upstream",
        metavar="URL",
        help="the simulator that stands behind the gateway: outcomes are asked for in prompts, and "
        "the report shows field by field what reached it",
    )
    add(
        "--media-url",
        metavar="URL",
        help="where the endpoint can fetch what `media DIR` wrote: without it, whatever takes "
        "reference links is not judged",
    )
    several(
        "--select",
        metavar="ID",
        help="only these rows: ids, beginnings (NAME.callback) or patterns ('*.clip.*')",
    )
    add(
        "--no-cells",
        action="store_true",
        help="order values in pairs, and not every cell of model, resolution and ratio once, as is "
        "done where orders cost nothing",
    )
    add("--deviations", metavar="FILE", help="known deviations (TOML, as fixtures/*/observed.toml)")
    add("--report-dir", metavar="DIR", help="./seedance-report/<dialect>")
    add("--seed", metavar="N", help="for whatever is drawn (0)")
    add("--resume", metavar="RUN.jsonl", help="go on with a run that was interrupted")
    add("--prices", metavar="FILE", help="your contract's price list (TOML, see the README)")
    several(
        "--model",
        metavar="DOCUMENTED=ACTUAL",
        help="a model's name at this endpoint (repeatable)",
    )
    several(
        "--header",
        metavar="'N: V'",
        help="a header to send along (repeatable)",
    )
    add("--ca-file", metavar="F", help="certificates to trust (PEM)")
    add("--strict", action="store_true", help="a warning fails the run")
    add("--callback-url", metavar="URL", help="how the endpoint reaches the receiver")
    add("--callback-listen", metavar="HOST:PORT", help="where the receiver listens")
    add(
        "--max-wait",
        default="15m",
        metavar="TIME",
        help="longest wait for tasks and rate limits, in all (15m)",
    )


def _others(commands: "argparse._SubParsersAction[Parser]") -> None:
    judge = commands.add_parser("judge", help="judge a transcript again")
    judge.add_argument("run", metavar="RUN.jsonl")
    judge.add_argument("--deviations", metavar="FILE", help="known deviations (TOML)")
    judge.add_argument(
        "--write",
        metavar="PATCH",
        help="write a patch to the file of --deviations, by which it knows this run's: git apply",
    )
    judge.add_argument("--report-dir", metavar="DIR")
    judge.add_argument("--strict", action="store_true")
    rows = commands.add_parser("rows", help="the catalogue, its coverage and its gaps")
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
