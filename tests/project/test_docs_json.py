"""The page of the JSON output has every field of every command's document, and no other.

The documents are those that the JSON face makes of the sample results, in which every field is filled somewhere.
"""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache

import pytest

from scripts.docs.blocks import DOCS
from scripts.docs.source import PROJECT, read_package

ITEM = re.compile(r"^- `([\w.\[\]]+)`(.*(?:\n  .*)*)", re.MULTILINE)
OBJECTS = ("comparison", "reason", "step", "live", "error", "plan", "precondition")
# What only the command that plans for a run writes.
OF_THE_COMMAND = ("request", "error")


# --- what is documented -------------------------------------------------------------------------------------------


@cache
def sections() -> dict[str, str]:
    text = (DOCS / "json.md").read_text()
    return {part.partition("\n")[0]: part for part in text.split("\n## ")[1:]}


def documented(section: str) -> set[str]:
    """Paths of a section, those of the objects that it links to included."""
    found: set[str] = set()
    for path, rest in ITEM.findall(sections()[section].partition("\nResults:")[0]):
        found.add(path)
        for linked in re.findall(r"\]\(#(\w+)\)", rest):
            lists = path in ("steps", "paths", "errors", "preconditions") or path.endswith((".reasons", ".ignored"))
            inner = documented(linked) if linked in OBJECTS else set()
            inner = {each for each in inner if not each.startswith(OF_THE_COMMAND)} if linked == "plan" else inner
            found |= {f"{path}{'[]' if lists else ''}.{each}" for each in inner}
    return found


def documented_run() -> set[str]:
    """A plan and what became of it; each attempt is the same without the request, the outcome and more attempts."""
    run = documented("plan") | documented("stage6")
    attempt = {each for each in run if not each.startswith(("request", "outcome", "attempts"))}
    return run | {f"attempts[].{each}" for each in attempt}


def documented_simulation() -> set[str]:
    return {each for each in documented("plan") if not each.startswith(OF_THE_COMMAND)} | documented("simulate")


# --- what the program writes --------------------------------------------------------------------------------------


def paths(value: object, prefix: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"{prefix}{key}"
            yield from paths(inner, f"{prefix}{key}.")
    elif isinstance(value, list):
        for inner in value:
            yield from paths(inner, f"{prefix.removesuffix('.')}[].")


@cache
def written() -> dict[str, set[str]]:
    """Paths of the documents of each kind of result."""
    recorded = json.loads((PROJECT / "tests" / "report" / "documents.json").read_text())
    found: dict[str, set[str]] = {}
    for name, document in recorded.items():
        found.setdefault(name.partition(" ")[0], set()).update(paths(document))
    return found


@pytest.mark.parametrize(
    ("result", "fields"),
    [
        ("plan", documented("plan")),
        ("preflight", documented("preflight")),
        ("run", documented_run()),
        ("simulation", documented_simulation()),
        ("parity", documented("parity")),
        ("explanation", documented("explain")),
        ("status", documented("status")),
        # Both are of a release that is there.
        ("rollback", documented("rollback") - {"before.why", "live.why"}),
        ("verification", documented("verify-chart")),
        ("adoption", documented("adopt")),
        ("error", documented("failure")),
    ],
)
def test_a_document_has_the_documented_fields(result: str, fields: set[str]) -> None:
    seen = written()[result]
    missing = {
        path
        for path in fields - seen
        if not path.endswith(("error.details", "errors[].details")) and "attempts[].commits[]" not in path
    }
    assert (sorted(seen - fields), sorted(missing)) == ([], [])


def test_what_the_samples_leave_out_of_one_document_is_in_another() -> None:
    assert {"commits[].why", "error.details", "steps[].error.details"} <= written()["run"]


def test_every_kind_of_document_is_compared() -> None:
    compared = {
        "plan",
        "preflight",
        "run",
        "simulation",
        "parity",
        "explanation",
        "status",
        "rollback",
        "verification",
        "adoption",
        "error",
    }
    assert set(written()) - {"schema"} == compared


def test_the_audit_has_the_documented_fields() -> None:
    (module,) = (module for module in read_package() if module.path.parts[-2:] == ("deploy", "audit.py"))
    dictionaries = (node for node in ast.walk(module.tree) if isinstance(node, ast.Dict))
    keys = {key.value for each in dictionaries for key in each.keys if isinstance(key, ast.Constant)}
    assert {path.rpartition(".")[2] for path in documented("audit")} == keys
