"""The error boundary: parse, call one command, and turn whatever ends it into an exit status."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from itertools import pairwise
from types import FrameType

from jetscale_cicd.cli.arguments import Parser, misplaced
from jetscale_cicd.cli.output import Output
from jetscale_cicd.errors import Interrupted, Stage6Error
from jetscale_cicd.model.shown import described, looks_secret, shown
from jetscale_cicd.tools.limits import leave_no_core
from jetscale_cicd.tools.worker import INTERRUPTING

# The name of a command, and its module: imported only where it is asked for.
COMMANDS = {
    "stage6": "jetscale_cicd.cli.stage6",
    "release": "jetscale_cicd.cli.release",
    "deploy": "jetscale_cicd.cli.deploy",
    "plan": "jetscale_cicd.cli.plan",
    "preflight": "jetscale_cicd.cli.preflight",
    "simulate": "jetscale_cicd.cli.simulate",
    "parity": "jetscale_cicd.cli.parity",
    "explain": "jetscale_cicd.cli.explain",
    "status": "jetscale_cicd.cli.status",
    "rollback": "jetscale_cicd.cli.rollback",
    "verify-chart": "jetscale_cicd.cli.verify_chart",
    "adopt": "jetscale_cicd.cli.adopt",
    "schema": "jetscale_cicd.cli.schema",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: arguments without the program's name; None takes the process's.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    output = Output.for_process(_last_value_of("--output", arguments))
    output.redact.learn(misplaced(os.environ, arguments))
    _listen()
    leave_no_core()
    _forget_parent_git()
    debug = "--debug" in arguments
    try:
        args = parser(*arguments[:1]).parse_args(arguments)
        ended: int = import_module(COMMANDS[args.command]).execute(args, output)
        return ended
    except KeyboardInterrupt:
        return _fail(
            Interrupted("INTERRUPTED", "interrupted", hint="run again: it goes on from what it observes"), output, debug
        )
    except Stage6Error as error:
        return _fail(error, output, debug)
    except Exception as bug:  # noqa: BLE001 - the boundary
        return _fail(_bug(bug), output, debug)


def parser(first: str = "") -> Parser:
    """The whole command line; of a line that begins with a command no more than that, which takes a third of the time.

    Args:
        first: the first argument, where it may be a command.
    """
    root = Parser(
        prog="jetscale-cicd", description="Stage 6: publish the chart, redeploy it, or do nothing; and say why."
    )
    root.add_argument("--version", action=_ShowVersion, help="show the version and exit")
    # Without prog, argparse formats a usage line to have it, and imports shutil and its compressors for that.
    commands = root.add_subparsers(
        dest="command", required=True, metavar="COMMAND", parser_class=Parser, prog=root.prog
    )
    for name in (first,) if first in COMMANDS else COMMANDS:
        module = import_module(COMMANDS[name])
        doc = (module.__doc__ or "").partition(": ")[2].strip()
        module.configure(commands.add_parser(name, help=doc, description=doc))
    return root


class _ShowVersion(argparse.Action):
    """The installed version, looked up only where it is asked for: that costs more than a decision's imports."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:  # noqa: A002
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print it and exit."""
        from importlib.metadata import version

        print(parser.prog, version("jetscale_cicd"))
        parser.exit()


def _fail(error: Stage6Error, output: Output, debug: bool) -> int:
    if debug:
        import traceback

        sys.stderr.write(output.redact(traceback.format_exc()))
    return output.fail(error)


def _bug(bug: Exception) -> Stage6Error:
    """What is not expected; of the paths in the message of the system only what can be one."""
    text = str(bug)
    if isinstance(bug, OSError):
        names = (os.fsdecode(name) for name in (bug.filename, bug.filename2) if isinstance(name, str | bytes))
        text = ": ".join([bug.strerror or "", *map(shown, names)])
    message = f"{type(bug).__name__}: {described(text) if looks_secret(text) else text}"
    return Stage6Error("BUG", message, hint="this is a bug in jetscale-cicd: run again with --debug and report it")


def _listen() -> None:
    """Be interrupted by each of them as by SIGINT, unless the parent process wants a signal ignored (nohup)."""
    for number in INTERRUPTING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Once: a second signal would cut the cleaning up short."""
    for number in INTERRUPTING:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _last_value_of(option: str, arguments: list[str]) -> str:
    """The value of an option before parsing, so that a usage error already has the right form; "" where it has none."""
    found = ""
    for argument, following in pairwise([*arguments, ""]):
        if argument == option:
            found = following
        elif argument.startswith(f"{option}="):
            found = argument.partition("=")[2]
    return found


def _forget_parent_git() -> None:
    """Drop the variables of a hook or a parent git, and what would mix git's traces with its messages."""
    from jetscale_cicd.tools.git import unwanted

    for name in unwanted(os.environ):
        os.environ.pop(name, None)
