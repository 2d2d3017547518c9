"""No function that reads what somebody else wrote is missing among the boundaries.

What it means to read is written down here: to call a parser, or to make a number or a text of bytes that may be none.
Every function of the package that does so is entered with the ordinary inputs of the boundaries, or is listed with the
reason why what it reads is nobody else's.
"""

import ast
import random
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

from tests.fuzz.boundaries import BOUNDARIES

PACKAGE = Path(__file__).resolve().parents[2] / "jetscale_cicd"
FILES = sorted(PACKAGE.rglob("*.py"))
# Names of calls; `decode` where bytes that are no text raise, and `int` and `float` of what is no constant.
READS = {
    *("read_json", "read_toml", "loads", "load", "compose", "parse", "validate_json", "bounded_events", "load_mapping"),
    *("load_stream", "load_documents", "b64decode", "urlsplit", "urlparse", "urljoin", "parse_url", "fromisoformat"),
    *("parsedate_tz", "parsedate_to_datetime", "strptime", "GzipFile", "decompress", "decompressobj", "decode"),
    *("int", "float", "literal_eval", "fromstring", "unpack", "read_archive", "loaded_files", "parse_manifests"),
    *("parse_chart", "read_mapping", "parse_tree", "parse_commit", "parse_challenges", "read_settings"),
}
# These two parse by a name that means something else elsewhere.
TAR = "tarfile.open"
_OURS, _GIT, _API = "what this program itself wrote", "git's own output", "the API server has checked what it stores"
_WITHIN = "what it reads is read by a boundary; it also needs a repository, a registry or a cluster"
NOT_FOREIGN = {
    **dict.fromkeys(
        (
            *("act/release/sign.py:provenance", "act/release/tag_object.py:make_tag", "build/archive.py:pack"),
            *("decide/forward.py:check_released", "decide/forward.py:goes_back", "decide/release/conventional.py:bump"),
        ),
        _OURS,
    ),
    **dict.fromkeys(
        (
            *("observe/git/diff.py:_change", "observe/git/diff.py:touching_commits", "tools/git/client.py:Git.made"),
            *("observe/git/repository.py:Repository.last_change", "observe/git/repository.py:Repository.merge_base"),
            *("observe/git/repository.py:Repository.roots", "observe/git/repository.py:Repository.following"),
            "observe/git/trees.py:list_files",
            *("observe/git/worktree.py:snapshot", "tools/git/objects.py:_Running._answer"),
        ),
        _GIT,
    ),
    **dict.fromkeys(
        (
            "engines/helm/lock.py:_held",
            *("observe/cluster/elsewhere.py:_revision", "observe/cluster/helm_release.py:_labels"),
        ),
        _API,
    ),
    **dict.fromkeys(
        (
            *("act/actions.py:_package", "act/release/adopt.py:_write", "build/package.py:Packager._pack"),
            *("build/package.py:_read", "build/release_commit.py:_text", "build/release_commit.py:release_commit"),
            *("observe/cluster/drift.py:DriftReader._manifests", "observe/cluster/ledger.py:_parsed"),
            *("engines/helm/session.py:HelmSession._deploy", "observe/cluster/definitions.py:definitions_of"),
            *("observe/cluster/helm_release.py:read_revision", "observe/git/chart_diff.py:_ignore"),
            *(
                "observe/git/chart_name.py:read_chart",
                "observe/git/files.py:_helmignore",
                "observe/settings.py:_parsed",
            ),
            *("observe/git/files.py:local_dependencies", "observe/git/store.py:ObjectStore.commit_object"),
            *(
                "observe/git/trees.py:_listings",
                "observe/git/values.py:check_values",
                "planning/explain.py:explain_paths",
            ),
            *(
                "planning/local_subcharts.py:_locked",
                "planning/parity.py:_Side.of",
                "planning/parity.py:_Renders._render",
                "planning/preview.py:_Render.objects",
                "planning/version.py:choose",
            ),
            *("planning/rebuilt.py:compare_with_rebuild", "preconditions/survey/rendered.py:rendering_of"),
            *("preconditions/release_size.py:_run", "preconditions/survey/target.py:TargetSurvey._upgraded"),
        ),
        _WITHIN,
    ),
    "preconditions/own_checks.py:_of_packages": "an installed package, which is loaded by its entry point",
    "cli/arguments.py:_jobs": "the command line, checked to be a few digits",
    "engines/helm/outside.py:_age": "a time of a Secret; what is none is caught there",
    "tools/git/descendants.py:_parents": "ps, or /proc",
    "tools/helm.py:Helm.version": "digits of `helm version`, found by an expression",
    "tools/process.py:_run_to_end": "an exit status",
    "tools/limits.py:memory_mib": "a variable of the user's, checked for its form",
}


class Reader(ast.NodeVisitor):
    """Finds the functions of a file that read."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.found: set[str] = set()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.names.append(node.name)
        self.generic_visit(node)
        self.names.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.names.append(node.name)
        self.generic_visit(node)
        self.names.pop()

    def visit_Call(self, node: ast.Call) -> None:
        if reads(node) and self.names:
            self.found.add(".".join(self.names))
        self.generic_visit(node)


def reads(node: ast.Call) -> bool:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if ast.unparse(node.func) == TAR:
        return True
    if name == "decode" and (len(node.args) > 1 or any(each.arg == "errors" for each in node.keywords)):
        return False
    if name in ("int", "float") and (not node.args or isinstance(node.args[0], ast.Constant)):
        return False
    return name in READS


def readers() -> dict[str, tuple[str, str]]:
    """Each function that reads, with its file and its own name."""
    found: dict[str, tuple[str, str]] = {}
    for file in FILES:
        reader = Reader()
        reader.visit(ast.parse(file.read_text()))
        for name in reader.found:
            found[f"{file.relative_to(PACKAGE)}:{name}"] = (str(file), name.rpartition(".")[2])
    return found


def entered() -> set[tuple[str, str]]:
    """File and name of every function of the package that the ordinary inputs enter."""
    seen: set[tuple[str, str]] = set()
    root = str(PACKAGE)

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(root):
            seen.add((frame.f_code.co_filename, frame.f_code.co_name))

    sys.setprofile(note)
    try:
        for boundary in BOUNDARIES.values():
            for content in boundary.ordinary(random.Random(0)):
                with suppress(Exception):
                    boundary.call(content)
    finally:
        sys.setprofile(None)
    return seen


def test_every_function_that_reads_is_reached_by_a_boundary() -> None:
    seen = entered()
    missing = {place for place, where in readers().items() if where not in seen}
    assert sorted(missing - set(NOT_FOREIGN)) == [], "add a boundary, or the reason to NOT_FOREIGN"
    assert sorted(set(NOT_FOREIGN) - missing) == [], "these are reached, or are no more"


def test_nothing_is_parsed_past_the_bounded_readers() -> None:
    """JSON, TOML and YAML are parsed in one place each, which has the limits."""
    allowed = {
        "json.loads": {"config/bounded_json.py"},
        "json.load": set[str](),
        "tomllib.loads": {"config/bounded_toml.py"},
        "tomllib.load": set[str](),
        "yaml.parse": {"config/yaml_events.py"},
        "yaml.compose": {"decide/chart/helm_yaml.py", "config/adopted.py"},  # of a text that was read within limits
    }
    never = (
        "yaml.load",
        "yaml.safe_load",
        "yaml.load_all",
        "yaml.safe_load_all",
        "eval",
        "pickle.loads",
        "pickle.load",
    )
    allowed |= {name: set() for name in never}
    wrong = [f"{place}: {name}" for place, name in calls() if name in allowed and place not in allowed[name]]
    assert wrong == []


def calls() -> Iterator[tuple[str, str]]:
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                yield str(file.relative_to(PACKAGE)), ast.unparse(node.func)
