"""``explain``: why a path counts."""

import argparse
import os

from jetscale_cicd.cli.arguments import add_common, request_of
from jetscale_cicd.cli.output import Output


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_common(parser)
    parser.add_argument("paths", nargs="+", metavar="PATH", help="path from the repository's root, changed or not")


def execute(args: argparse.Namespace, output: Output) -> int:
    """Say for each path which scope it belongs to, by which rule."""
    from jetscale_cicd import stage6
    from jetscale_cicd.report.document import reasons_document
    from jetscale_cicd.report.text import reasons_text
    from jetscale_cicd.world import open_world

    with open_world(request_of(args, network=False), output.progress) as world:
        reasons = stage6.explain(world, tuple(os.fsencode(path) for path in args.paths))
    output.result(reasons_text(reasons, output.paint), reasons_document(reasons))
    return 0
