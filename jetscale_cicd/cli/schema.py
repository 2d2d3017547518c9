"""``schema``: JSON Schema of ``.stage6.yaml``, for editors."""

import argparse
import sys

from jetscale_cicd.cli.arguments import add_output
from jetscale_cicd.cli.output import Output


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_output(parser)


def execute(_args: argparse.Namespace, _output: Output) -> int:
    """Print the schema; it is JSON in either form."""
    from jetscale_cicd.config.schema import json_schema
    from jetscale_cicd.report.document import dumps

    sys.stdout.write(dumps(json_schema()) + "\n")
    return 0
