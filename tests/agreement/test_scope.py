"""A glob matches what git itself matches."""

import os
import subprocess
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from jetscale_cicd.decide.scope import Globs, is_git_slow, pathspec
from tests.support.history import git

NAMES = [
    *("a", "b", "ab", "a.yaml", ".a", "-a", "a b", "A", "0", "x", "[", "]", "[a]", "[z-a]", "\\", "a\\", "*", "?", "!"),
    *("^", "-", ":", "é", "日", "[[:alpha:]]", "\n", "\t", "\x01", "~", "&", "|", "a-", "**"),
    *("aab", "aba", "abab", "bab", "aabab", "bb"),
]


FOLDERS = ["a", "b", "a/b", "ab/a/ab", "a/b/a/b", "x/y/z", "[z-a]", "*", "é", "a\\", "-", "**"]


PIECES = [
    *(
        "a",
        "b",
        "x",
        "y",
        ".",
        "*",
        "*",
        "**",
        "**",
        "***",
        "?",
        "/",
        "/",
        "\\",
        "[",
        "]",
        "!",
        "^",
        "-",
        ":",
        "é",
        "~",
    ),
    *("[ab]", "[!a]", "[^a]", "[z-a]", "[a-z]", "[]a]", "[!]a]", "[]", "[/]", "[!/]", "[a-", "[\\]]", "[a\\-z]", "[é]"),
    *("[[:alpha:]]", "[[:space:][:digit:]]", "[![:punct:]]", "[[:nope:]]", "[[:alpha:]-z]", "[a-[:alpha:]]", "[[:]"),
    *("**/", "/**/", "/**", "\\/", "\\*", "日"),
]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index full of awkward paths; no file is ever written."""
    repo = tmp_path_factory.mktemp("tree")
    git(repo, "init", "--quiet")
    blob = git(repo, "hash-object", "-w", "--stdin")
    paths = {f"{folder}/{name}" for folder in FOLDERS for name in NAMES} | {f"top{name}" for name in NAMES}
    paths |= {f"x/{chr(code)}" for code in range(1, 128) if chr(code) not in "./xy"}
    paths -= {path[:at] for path in paths for at, char in enumerate(path) if char == "/"}
    entries = b"".join(f"100644 {blob}\t{path}\0".encode() for path in paths)
    git(repo, "update-index", "-z", "--add", "--index-info", stdin=entries + f"100644 {blob}\tb/".encode() + b"\xff\0")
    return repo


def by_git(tree: Path, pattern: str, spec: str = "") -> set[bytes]:
    """Paths that git finds; none where it refuses the pattern."""
    spec = spec or f":(top,glob){pattern}"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", os.fsencode(spec)], cwd=tree, capture_output=True, check=False
    )
    return set(listed.stdout.split(b"\0")) - {b""}


def by_globs(tree: Path, pattern: str) -> set[bytes]:
    """Paths that we find, without a word of warning from `re`."""
    globs = Globs((pattern,))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return {path for path in by_git(tree, "**") if globs.rule(path) == pattern}


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pattern=st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join))
@example(pattern="a**")
@example(pattern="[z-a]/**")
@example(pattern="é/**")
@example(pattern="a/**")
@example(pattern="**/b/**")
@example(pattern="x/**/z/*")
@example(pattern="a\\")
@example(pattern="**\\/a")
@example(pattern="**/a*/**/*b*b")
@example(pattern="*a*b/**/*b/a*b")
@example(pattern="**/b/**/a/*a*b")
def test_a_glob_matches_what_git_matches(tree: Path, pattern: str) -> None:
    # git normalises or refuses these, and the configuration refuses them.
    assume(not pattern.startswith("/") and not {".", ".."} & set(pattern.split("/")) and "//" not in pattern)
    matched = by_git(tree, pattern)
    assert by_globs(tree, pattern) == matched
    by_pathspec = by_git(tree, pattern, pathspec(pattern))
    assert by_pathspec >= matched if is_git_slow(pattern) else by_pathspec == matched
    folders = {path[:at] for path in matched for at, char in enumerate(path) if char == ord("/")}
    assert all(map(Globs((pattern,)).may_match_below, folders))


@pytest.mark.parametrize(
    "name",
    [
        *("alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "xdigit"),
        *("word", ""),
    ],
)
def test_a_named_set_holds_what_git_puts_into_it(tree: Path, name: str) -> None:
    for pattern in (f"**/[[:{name}:]]", f"**/[![:{name}:]]", f"**/[[:{name}:]-z]"):
        assert by_globs(tree, pattern) == by_git(tree, pattern)
