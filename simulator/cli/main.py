"""The command ``seedance-sim``: its sub-commands, their flags, and the one line of a mistake."""

import gc
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import NoReturn

from simulator import __version__
from simulator.cli import streams
from simulator.cli.flags import DEMO, DRIFT, OPENAPI, SCENARIO, SERVE, VERDICT, Flag
from simulator.cli.settings import BadSetting, collect, configure, environment

USAGE_ERROR, INTERRUPTED, UNREAD = 2, 130, 141  # the last two as a shell has them


class Parser(ArgumentParser):
    """A parser whose complaints are one line long."""

    def error(self, message: str) -> NoReturn:
        raise BadSetting(f"{message} (see {self.prog} --help)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and give its exit status."""
    streams.prepare()
    try:
        status = _run(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
        return status
    except BadSetting as mistake:
        return _failed(str(mistake))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        streams.end()
        return UNREAD
    except OSError as error:
        streams.end()
        place = f"{error.filename}: " if error.filename else ""
        return _failed(f"{place}{error.strerror or error}")
    finally:
        gc.enable()


def _failed(why: str) -> int:
    sys.stderr.write(f"seedance-sim: {why}\n")
    return USAGE_ERROR


def _run(arguments: Sequence[str]) -> int:
    parsed = vars(parser().parse_args(arguments))
    match parsed.pop("command"):
        case "serve":
            from simulator.server.run import serve

            serve(configure(parsed, environment()))
            return 0
        case "demo":
            from simulator.cli.demo import demo

            gc.enable()
            return demo(**collect(DEMO, parsed, environment()))
        case "verdict":
            from simulator.cli.verdict_command import verdict

            told = collect(VERDICT, parsed, environment())
            return verdict(subject=told.pop("as", "client"), **told)
        case "openapi":
            from simulator.cli.openapi_command import openapi

            return openapi(parsed["name"], **collect(OPENAPI, parsed, environment()))
        case "reference":
            from simulator.cli.reference_command import show

            return show(parsed["word"] or "")
        case "scenario":
            from simulator.cli.scenario_command import scenario

            return scenario(**collect(SCENARIO, parsed, environment()))
        case "drift":
            from simulator.cli.drift_command import drift

            asked = collect(DRIFT, parsed, environment())
            return drift(parsed["recording"], as_json=asked.pop("json", False), **asked)
        case "faults":
            from simulator.cli.tables import faults

            faults()
            return 0
        case _:
            from simulator.cli.tables import dialects

            dialects()
            return 0


def parser() -> ArgumentParser:
    """The command line with its sub-commands."""
    top = Parser(
        prog="seedance-sim",
        description="An offline simulator of the HTTP APIs that sell Seedance 2.0 videos.",
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"seedance-sim {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _command(commands, "serve", "serve the simulator until it is told to end", SERVE)
    _command(commands, "demo", "run every documented example once and save the clips", DEMO)
    _command(commands, "dialects", "show the dialects, their addresses and differences", ())
    made = _command(commands, "openapi", "print the OpenAPI document of a dialect", OPENAPI)
    made.add_argument("name", metavar="NAME", help="a dialect, or control for the control plane")
    made = _command(commands, "reference", "show all that can be asked of a server", ())
    made.add_argument("word", metavar="WORD", nargs="?", help="only where this word stands")
    _command(commands, "scenario", "print what stands on a server as a scenario", SCENARIO)
    made = _command(commands, "drift", "compare a recording with this simulator", DRIFT)
    made.add_argument("recording", metavar="RECORDING", help="a file of serve --record")
    _command(commands, "faults", "show the faults that can be asked for", ())
    _command(commands, "verdict", "judge the client of a key, by a running server", VERDICT)
    return top


def _command(commands: object, name: str, about: str, flags: tuple[Flag, ...]) -> ArgumentParser:
    command: ArgumentParser = commands.add_parser(  # type: ignore[attr-defined]
        name, help=about, description=about[:1].upper() + about[1:] + ".", allow_abbrev=False
    )
    command.add_argument("--version", action="version", version=f"seedance-sim {__version__}")
    for flag in flags:
        options = {"metavar": flag.metavar}
        if flag.switch:
            options = {"action": "store_const", "const": "1"}
        if flag.many:
            options["action"] = "append"
        command.add_argument(f"--{flag.name}", help=flag.help, **options)  # type: ignore[arg-type]
    return command
