"""``schema``: JSON Schema of ``.stage6.yaml``, for editors."""

import argparse

from jetscale_cicd.cli.arguments import add_output
from jetscale_cicd.cli.output import Output
from jetscale_cicd.report.results import SchemaResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_output(parser)


def execute(_args: argparse.Namespace, output: Output) -> int:
    """Print the schema; it is JSON in every form."""
    from jetscale_cicd.config.schema import json_schema

    return output.show(SchemaResult(json_schema()))
