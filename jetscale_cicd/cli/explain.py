"""``explain``: why a path counts."""

import argparse
import os
from pathlib import Path

from jetscale_cicd.cli.arguments import add_common, request_of
from jetscale_cicd.cli.output import Output
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.shown import quoted
from jetscale_cicd.report.results import ExplanationResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_common(parser)
    parser.add_argument("paths", nargs="+", metavar="PATH", help="path, from here or from the repository's root")


def execute(args: argparse.Namespace, output: Output) -> int:
    """Explain each path: which scope it belongs to, by which rule."""
    from jetscale_cicd import stage6
    from jetscale_cicd.context import open_context

    with open_context(request_of(args, network=False), output.progress, output.redact) as context:
        top = context.repository.git.root
        reasons = stage6.explain(context, tuple(_inside(path, top) for path in args.paths))
    return output.show(ExplanationResult(reasons))


def _inside(text: str, top: Path) -> bytes:
    """A path as git spells it: from the repository's root, whether it exists or not.

    A path that exists from the working directory is that one; any other is taken from the root.
    """
    given = Path(text)
    beside = Path.cwd() / given
    path = beside if given.is_absolute() or (os.path.lexists(beside) and beside.is_relative_to(top)) else top / given
    inside = os.path.relpath(os.path.normpath(path), top)
    if not text or inside == "." or Path(inside).parts[0] == os.pardir:
        raise ConfigurationError(
            "USAGE", f"{quoted(text)} is no path inside the repository", where=str(top), hint="name a file, or a folder"
        )
    return os.fsencode(inside)
