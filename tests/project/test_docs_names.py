"""What the documents name exists: options, commands, files, make targets, links, decisions."""

import argparse
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from jetscale_cicd.cli.main import COMMANDS, parser
from scripts.docs.blocks import DOCS, DOCUMENTS, README
from scripts.docs.source import PROJECT

WRITTEN = [*DOCUMENTS, *sorted((PROJECT / ".github").rglob("*.yml")), PROJECT / ".stage6.yaml"]
FENCED = re.compile(r"```\w*\n(.*?)```", re.DOTALL)

# Options of other programs that the documents name.
FOREIGN = {
    "--wait",
    "--force-conflicts",
    "--server-side",
    "--reuse-values",
    "--namespace",
    "--strict",
    "--batch",
    "--unshallow",
    "--verify-tag",
    "--notes-from-tag",
    "--export",
    "--yes",
    "--all",
    "--message",
}


def code_of(file: Path) -> list[str]:
    """Inline code, and the lines of fenced blocks."""
    text = file.read_text()
    if file.suffix != ".md":
        return [line.strip().removeprefix("run:").strip() for line in text.splitlines()]
    blocks = [re.sub(r"\\\n\s*", "", block) for block in FENCED.findall(text)]
    lines = [line.strip().removeprefix("$ ") for block in blocks for line in block.splitlines()]
    return [*lines, *re.findall(r"`([^`\n]+)`", FENCED.sub("", text))]


def options() -> set[str]:
    """Every long option of every command."""

    def of(command: argparse.ArgumentParser) -> Iterator[str]:
        for action in command._actions:
            yield from (option for option in action.option_strings if option.startswith("--"))
            if isinstance(action, argparse._SubParsersAction):
                for sub in action.choices.values():
                    yield from of(sub)

    return set(of(parser()))


def documented_options() -> set[str]:
    found = set()
    for file in DOCUMENTS:
        for line in code_of(file):
            if not line.startswith(("helm ", "git ", "kubectl ", "aws ")):
                # The commands of a plan's steps are helm's.
                found |= set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", re.sub(r"\$ helm .*", "", line)))
    return found


def test_every_option_is_documented() -> None:
    assert options() - documented_options() == set()


def test_every_documented_option_exists() -> None:
    assert documented_options() - options() - FOREIGN == set()


def test_every_command_is_in_the_readmes_table_in_the_order_of_the_program() -> None:
    table = README.read_text().partition("| command | what it does |\n")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `([a-z0-9-]+)` \|", table, re.MULTILINE) == list(COMMANDS)


def test_every_command_has_a_section_with_its_help() -> None:
    text = (DOCS / "commands.md").read_text()
    sections = re.findall(r"^## ([a-z0-9-]+)\n.*?<!-- generated: help ([a-z0-9-]+) -->", text, re.MULTILINE | re.DOTALL)
    assert sections == [(command, command) for command in COMMANDS]


def make_targets() -> set[str]:
    """Every target that a document or a workflow tells make to make."""
    found = set()
    for file in WRITTEN:
        for line in code_of(file):
            words = line.partition("#")[0].partition("&&")[0].split()
            if words[:1] == ["make"]:
                given = iter(words[1:])
                for word in given:
                    if word == "-C":
                        next(given)
                    elif "=" not in word:
                        found.add(word)
    return found


def test_every_make_target_that_is_named_exists() -> None:
    targets = make_targets()
    assert {"run", "test", "lint", "bench", "lock", "tools", "help", ".venv/.run"} <= targets
    for target in sorted(targets):
        ended = subprocess.run(
            ["make", "--dry-run", "--no-print-directory", target], cwd=PROJECT, capture_output=True, text=True
        )
        assert ended.returncode == 0, f"{target}: {ended.stderr}"


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: str(file.relative_to(PROJECT)))
def test_every_relative_link_leads_somewhere(file: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", FENCED.sub("", file.read_text()))
    for link in (link for link in links if "://" not in link):
        path, _, anchor = link.partition("#")
        target = (file.parent / path).resolve() if path else file
        assert target.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
            assert anchor in [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings], link


def test_every_document_is_in_the_index() -> None:
    index = (DOCS / "README.md").read_text()
    linked = set(re.findall(r"\]\(([\w.-]+\.md)\)", index))
    assert linked == {file.name for file in DOCS.glob("*.md")} - {"README.md"}


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: str(file.relative_to(PROJECT)))
def test_every_file_of_the_project_that_is_named_exists(file: Path) -> None:
    name = re.compile(
        r"(?<![\w/.…])(?:jetscale_cicd|tests|docs|scripts|examples|charts|envs|requirements|\.github)/[\w./-]*"
    )
    examples = ("envs/common.yaml", "jetscale_cicd/.venv/")
    named = [path for line in code_of(file) for path in name.findall(line)]
    assert [path for path in named if not (PROJECT / path).exists() and not path.startswith(examples)] == []


def test_every_decision_is_listed() -> None:
    folder = DOCS / "adr"
    decisions = sorted(file.name for file in folder.glob("[0-9]*.md"))
    assert re.findall(r"\]\(([^)]+)\)", (folder / "README.md").read_text()) == decisions
    for number, name in enumerate(decisions, 1):
        assert name.startswith(f"{number:04}-")
        text = (folder / name).read_text()
        assert text.startswith(f"# {number}. ")
        assert re.findall(r"^\*\*([\w ]+)\.\*\*", text, re.MULTILINE) == [
            "Context",
            "Decision",
            "Consequences",
            "To undo",
        ]


def test_nothing_written_names_a_place_on_somebodys_machine() -> None:
    place = re.compile(r"(?<![\w.…}])/(?:home|root|tmp|work|Users|var|opt)/")
    assert [str(file) for file in WRITTEN if place.search(file.read_text())] == []
