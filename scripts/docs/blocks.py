"""The generated blocks of the documents: where they are, what they hold, and how they are written anew."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from jetscale_cicd.cli.main import COMMANDS
from scripts.docs.checks import checks_page, checks_table
from scripts.docs.live import live_checks, live_command, live_contract, live_mends
from scripts.docs.program import help_of, readme_scene, simulation, transcript
from scripts.docs.source import PROJECT
from scripts.docs.tables import error_codes, exit_codes, key_table

DOCS = PROJECT / "docs"
README = PROJECT / "README.md"
CONFIGURATION = DOCS / "configuration.md"
DOCUMENTS = sorted([README, PROJECT / "CHANGELOG.md", *DOCS.rglob("*.md")])

BLOCK = re.compile(r"(<!-- generated: (?P<name>[^>]+) -->\n)(?P<text>.*?)(<!-- end -->)", re.DOTALL)
SECTIONS = ("chart", "release", "target", "contract", "image_pull_secret", "verify", "parity")
# Blocks that need helm.
WITH_HELM = frozenset({"scene", "transcript", "simulation"})

BLOCKS: dict[str, Callable[[], str]] = {
    "scene": readme_scene,
    "transcript": transcript,
    "simulation": simulation,
    "exit codes": exit_codes,
    "error codes": error_codes,
    "help": help_of,
    **{f"help {command}": partial(help_of, command) for command in COMMANDS},
    **{f"{section} keys": partial(key_table, section) for section in SECTIONS},
    "checks": checks_page,
    "checks table": checks_table,
    "live contract": live_contract,
    "live command": live_command,
    "live checks": live_checks,
    "live mends": live_mends,
}


def blocks() -> Iterator[tuple[Path, str, str]]:
    """File, name and text of every generated block."""
    for file in DOCUMENTS:
        for match in BLOCK.finditer(file.read_text()):
            yield file, match["name"], match["text"]


def block(name: str) -> str:
    """The text of one block, as it is written."""
    (text,) = (text for _, found, text in blocks() if found == name)
    return text


def normalised(text: str) -> str:
    """Without what differs from run to run: object names, digests, seconds."""
    return re.sub(r"\(\d+\.\d s\)", "(TIME)", re.sub(r"\b[0-9a-f]{9,64}\b", "HASH", text))


def refresh() -> None:
    """Write every generated block that differs."""
    for file in DOCUMENTS:
        old = file.read_text()
        text = BLOCK.sub(_renewed, old)
        if text != old:
            file.write_text(text)
            print(f"{file.relative_to(PROJECT)}: refreshed")


def _renewed(match: re.Match[str]) -> str:
    text = BLOCKS[match["name"]]()
    kept = normalised(text) == normalised(match["text"])
    return match[1] + (match["text"] if kept else text) + match[4]
