"""``schema``: JSON Schema of ``.stage6.yaml``, for editors."""

import argparse

from jetscale_cicd.cli.arguments import add_output
from jetscale_cicd.cli.output import Output


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_output(parser)


def execute(_args: argparse.Namespace, output: Output) -> int:
    """Print the schema; it is JSON in either form."""
    from jetscale_cicd.config.schema import json_schema
    from jetscale_cicd.report.document import dumps

    schema = json_schema()
    output.result(dumps(schema) + "\n", schema)
    return 0
