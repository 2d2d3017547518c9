"""Every regular expression of the package takes linear time, whatever it is given; one that is not seen here fails."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from jetscale_cicd.decide.chart.helmignore import HelmIgnore
from jetscale_cicd.decide.cluster.fault_codes import FaultCode
from jetscale_cicd.decide.cluster.helm_errors import _OBJECTS
from jetscale_cicd.decide.cluster.refusals import _FIELDS, RULES
from jetscale_cicd.decide.scope import Globs
from jetscale_cicd.tools.spelling import Spelling, _first_of_run
from tests.conftest import rest_slow
from tests.support.patterns import USES, attacks, superlinear
from tests.support.source import PACKAGE, trees

pytestmark = pytest.mark.quick(3)

PROJECT = Path(__file__).resolve().parents[2]
FILES = sorted(str(file.relative_to(PACKAGE)) for file in PACKAGE.rglob("*.py") if "import re\n" in file.read_text())
# What may be used of `re` without an expression.
NO_EXPRESSION = {"escape", "error", "Pattern", "Match", "DOTALL", "IGNORECASE", "MULTILINE", "VERBOSE"}

HOSTILE_GLOBS = (
    *("*a*a*a*a*b", "**/*a*/**/*b", "**/" * 20 + "x", "*" * 50 + "b", "?*" * 20 + "b", "[a-z]*" * 20 + "b"),
    *("a**b**c**d", "**/a/**/a/**/a/**/b", "/".join(["*"] * 30), "[[:alpha:]]*[[:alpha:]]*b", "a\\*" * 20 + "*b"),
)
HOSTILE_RULES = ("*a*a*a*a*b", "?*" * 20 + "b", "[a-z]*" * 20 + "b", "a/*a*/b*c*d", "!*a*a*b", "!a/*a*b", "[^a]*" * 9)


def compiled_globs() -> Iterator[re.Pattern[Any]]:
    yield from (Globs((glob,)).expression for glob in HOSTILE_GLOBS)
    yield Globs(HOSTILE_GLOBS[:2]).expression


def compiled_rules() -> Iterator[re.Pattern[Any]]:
    for text in (*HOSTILE_RULES, "\n".join(HOSTILE_RULES[:2])):
        ignore = HelmIgnore.parse(text)
        yield from (ignore._files.names, ignore._files.paths, ignore._folders.names, ignore._folders.paths)


SECRETS = ("'\"\\ \n a", "&amp;%25", "% &\\", "+ '+", "é😀\x07<", " \\n", "!'\\", "&'& %")


def spelled_parts() -> Iterator[re.Pattern[Any]]:
    spellings = (Spelling(secret, is_base64) for secret in SECRETS for is_base64 in (False, True))
    yield from (pattern for each in spellings for way in each._ways for _, pattern in way if pattern)


def first_parts() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """The first characters of secrets, which are no spaces: the redactor strips them."""
    for secret in map(str.strip, SECRETS):
        pattern = Spelling(secret)._parts[0][1]  # of each way the same
        yield from [(secret[0], pattern)] if pattern else []


def beginnings() -> Iterator[re.Pattern[Any]]:
    for char, pattern in first_parts():
        yield re.compile(_first_of_run(char) + pattern.pattern)


# Expressions that a running function makes or is given, by that function: what they can be, and how they are used.
MADE: dict[str, tuple[Callable[[], Iterable[re.Pattern[Any]]], str]] = {
    "decide/scope.py:expression": (compiled_globs, "fullmatch"),
    "decide/chart/helmignore.py:of": (compiled_rules, "match"),
    "decide/cluster/helm_errors.py:classify_error": (
        lambda: (re.compile(code.pattern) for code in FaultCode if code.pattern),
        "search",
    ),
    "decide/cluster/helm_errors.py:object_in_message": (lambda: map(re.compile, _OBJECTS), "search"),
    "decide/cluster/refusals.py:classify": (lambda: (re.compile(rule.pattern) for rule in RULES), "search"),
    "decide/cluster/refusals.py:_next_step": (lambda: (re.compile(rule.pattern) for rule in RULES), "search"),
    "decide/cluster/refusals.py:field_of": (lambda: map(re.compile, _FIELDS), "search"),
    # Somebody else's: config/branch_match.py limits the time of one, and tests/config/test_branch_match.py measures it.
    "config/release_rules.py:_branch_groups": (tuple, "match"),
    "decide/release/branches.py:_group": (tuple, "match"),
    "engines/render/directory.py:replace_output": (lambda: (re.compile(r"\.live\.[0-9a-f]{8}"),), "fullmatch"),
    "tools/spelling.py:_pattern": (spelled_parts, "match"),
    "tools/spelling.py:_beginnings": (beginnings, "finditer"),
    "tools/spelling.py:_start_of": (
        lambda: (re.compile(f"(?={pattern.pattern})") for _, pattern in first_parts()),
        "finditer",
    ),
    "act/release/sign.py:run_command": (lambda: (re.compile(r"\{image\}|\{version\}"),), "sub"),
}


class Expression(NamedTuple):
    """A call of `re`: its place, the function around it, what is called, and the expression, None where it is made."""

    place: str
    function: str
    called: str
    pattern: re.Pattern[Any] | None


def namespace(file: str) -> dict[str, Any]:
    name = ".".join(("jetscale_cicd", *Path(file).with_suffix("").parts))
    return vars(import_module(name.removesuffix(".__init__")))


def evaluated(node: ast.expr, file: str) -> Any:
    """The value of an expression of the source, None where it needs what only a running function has."""
    try:
        return eval(compile(ast.Expression(node), file, "eval"), dict(namespace(file)))
    except (NameError, AttributeError, TypeError):
        return None


def functions(tree: ast.AST, name: str = "") -> Iterator[tuple[ast.AST, str]]:
    """Every node, with the name of the innermost function that holds it."""
    for child in ast.iter_child_nodes(tree):
        inner = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else name
        yield child, inner
        yield from functions(child, inner)


def is_re(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "re"


@cache
def expressions() -> tuple[Expression, ...]:
    return tuple(_expressions())


def _expressions() -> Iterator[Expression]:
    for file, tree in trees().items():
        for node, function in functions(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not is_re(node.func.value):
                continue
            if node.func.attr in NO_EXPRESSION:
                continue
            found = evaluated(node.args[0], file)
            flags = evaluated(node.args[1], file) if node.func.attr == "compile" and len(node.args) > 1 else 0
            flags = next((evaluated(each.value, file) for each in node.keywords if each.arg == "flags"), flags)
            flags = evaluated(node.args[2], file) if node.func.attr == "findall" and len(node.args) > 2 else flags
            pattern = re.compile(found, flags) if isinstance(found, str | bytes) else None
            yield Expression(f"{file}:{node.lineno}", f"{file}:{function}", node.func.attr, pattern)


def uses() -> tuple[dict[re.Pattern[Any], set[str]], dict[str, set[str]]]:
    """How the package uses each compiled expression, and what each file uses of those that are not known here."""
    known: dict[re.Pattern[Any], set[str]] = {}
    unknown: dict[str, set[str]] = {}
    for file, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in USES and not is_re(node.value):
                holder = evaluated(node.value, file)
                if isinstance(holder, re.Pattern):
                    known.setdefault(holder, set()).add(node.attr)
                elif holder is None and node.attr not in ("split", "sub"):  # of a text, rather
                    unknown.setdefault(file, set()).add(node.attr)
    return known, unknown


def written() -> Iterator[tuple[str, re.Pattern[Any], str]]:
    """Every expression of the source with each of its uses, once."""
    known, unknown = uses()
    seen: set[tuple[re.Pattern[Any], str]] = set()
    for place, _, called, pattern in expressions():
        if pattern is None:
            continue
        file = place.partition(":")[0]
        names = {called} if called != "compile" else known.get(pattern) or unknown.get(file) or set(USES)
        for name in sorted(names):
            if (pattern, name) not in seen:
                seen.add((pattern, name))
                yield place, pattern, name


def test_the_package_knows_re_by_this_name_alone() -> None:
    """So that what is written here finds every expression; fnmatch would make some of its own."""
    wrong = []
    for file, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module in ("re", "fnmatch", "glob"):
                wrong.append(f"{file}:{node.lineno}")
            if isinstance(node, ast.Import):
                wrong += [
                    f"{file}:{node.lineno}"
                    for each in node.names
                    if each.name in ("fnmatch", "glob", "sre_compile") or (each.name == "re" and each.asname)
                ]
            if isinstance(node, ast.Attribute) and is_re(node.value) and node.attr not in (*USES, "compile"):
                wrong += [] if node.attr in NO_EXPRESSION else [f"{file}:{node.lineno}"]
    assert wrong == []


def test_every_expression_is_seen() -> None:
    """Where one is made by a running function, the table above says what it can be."""
    unseen = {each.function: each.place for each in expressions() if each.pattern is None and each.function not in MADE}
    assert unseen == {}, "add what these can be to MADE"
    assert {each.place.partition(":")[0] for each in expressions()} <= set(FILES), "these would not be timed"
    assert {function for function in MADE if function not in {each.function for each in expressions()}} == set()


def test_no_module_compiles_another_expression_when_it_is_imported() -> None:
    """Seen by `re` itself, in a process of its own."""
    script = """
import importlib, json, re, sys
from pathlib import Path
compiled, original, package = [], re._compile, sys.argv[1]
def noted(pattern, flags):
    frame = sys._getframe(1)
    while frame and frame.f_code.co_filename == re.__file__:
        frame = frame.f_back
    if frame and frame.f_code.co_filename.startswith(package) and isinstance(pattern, (str, bytes)):
        compiled.append(pattern if isinstance(pattern, str) else pattern.decode("latin-1"))
    return original(pattern, flags)
re._compile = noted
for file in sorted(Path(package).rglob("*.py")):
    parts = file.relative_to(Path(package).parent).with_suffix("").parts
    if parts[-1] != "__main__":
        importlib.import_module(".".join(parts).removesuffix(".__init__"))
print(json.dumps(compiled))
"""
    ended = subprocess.run(
        [sys.executable, "-c", script, str(PACKAGE)], capture_output=True, text=True, check=True, cwd=PROJECT
    )
    patterns = [each.pattern.pattern for each in expressions() if each.pattern]
    seen = {each if isinstance(each, str) else each.decode("latin-1") for each in patterns}
    compiled = json.loads(ended.stdout)
    assert len(compiled) > 50
    assert [each for each in compiled if each not in seen] == []


def slow(pattern: re.Pattern[Any], use: str) -> Iterator[str]:
    for name, grow in attacks(pattern):
        if why := superlinear(USES[use], pattern, grow):
            yield f"{name}: {why}: {pattern.pattern}"


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
def test_the_time_grows_as_the_input(file: str) -> None:
    found = ((place, use, next(slow(pattern, use), "")) for place, pattern, use in written() if place.startswith(file))
    assert [each for each in found if each[2]] == []


@pytest.mark.slow
@pytest.mark.parametrize("quarter", range(4))
@pytest.mark.parametrize("function", MADE)
def test_so_does_that_of_an_expression_that_is_made(function: str, quarter: int) -> None:
    made, use = MADE[function]
    assert [why for pattern in list(made())[quarter::4] if (why := next(slow(pattern, use), ""))] == []


LONG = {
    r"(a|a)*b": "match",
    r"(?:a+)+b": "fullmatch",
    r"a.*b.*c": "match",
    rb"x\*(?:\d|\w\w?)+!": "finditer",
    r"\s+$": "search",
    r"[a-z]+@": "search",
    r"<title[^>]*>": "search",
}


@pytest.mark.parametrize("pattern", rest_slow(LONG, *list(LONG)[:4]))
def test_an_expression_that_takes_more_is_found(pattern: Any) -> None:
    use = LONG[pattern]
    compiled = re.compile(pattern)
    assert any(superlinear(USES[use], compiled, grow, attempts=1) for _, grow in attacks(compiled))
