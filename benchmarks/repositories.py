"""Repositories to measure on, made by `git fast-import` in seconds."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHART = b"apiVersion: v2\nname: jetscale-stack\nversion: 0.0.0\n"
CONFIG = b"""chart:
  path: charts/app
targets:
  live:
    env: prod
    values: [envs/live/values.yaml]
  preview:
    env: preview
    values: [envs/preview/values.yaml]
    watch: ["envs/preview/**"]
"""
_TYPES = (b"docs", b"fix", b"chore", b"feat", b"test", b"ci", b"refactor", b"perf")
Files = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Commit:
    """One commit of a drawn history; its tag is annotated where it has a note."""

    message: bytes
    files: Files
    tag: bytes = b""
    note: bytes = b""


def environment() -> dict[str, str]:
    """A laptop's environment, without anybody's git configuration and without a CI."""
    kept = {name: value for name, value in os.environ.items() if name in ("HOME", "LANG", "PATH", "TMPDIR")}
    return {**kept, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def make(path: Path, commits: Iterator[Commit], *, config: bool = False) -> Path:
    """A repository with this history, where wanted with a `.stage6.yaml` in it; nothing is checked out."""
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", path], env=environment(), check=True)
    stream = b"".join(_stream(commits, [(b".stage6.yaml", CONFIG)] if config else []))
    subprocess.run(["git", "-C", path, "fast-import", "--quiet"], input=stream, env=environment(), check=True)
    return path


def _stream(commits: Iterator[Commit], first: Files) -> Iterator[bytes]:
    for number, commit in enumerate(commits, 1):
        when = b"Dev <dev@example.invalid> %d +0000" % (1_700_000_000 + 60 * number)
        yield b"commit refs/heads/main\nmark :%d\nauthor %s\ncommitter %s\n" % (number, when, when)
        yield _data(commit.message)
        yield b"from :%d\n" % (number - 1) if number > 1 else b""
        for name, content in (*commit.files, *(first if number == 1 else ())):
            yield b"M 100644 inline %s\n" % name + _data(content)
        yield b"\n"
        if commit.note:
            yield b"tag %s\nfrom :%d\ntagger %s\n" % (commit.tag, number, when) + _data(commit.note)
        elif commit.tag:
            yield b"reset refs/tags/%s\nfrom :%d\n\n" % (commit.tag, number)


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


def _start() -> Files:
    values = [(b"envs/%s/values.yaml" % env, b"replicas: 1\n") for env in (b"live", b"preview")]
    return [(b"charts/app/Chart.yaml", CHART), (b"charts/app/templates/a.yaml", b"a: 1\n"), *values]


def small() -> Iterator[Commit]:
    """A release, and four commits that concern nobody."""
    yield Commit(b"feat: start", _start(), b"v0.1.0")
    for number in range(4):
        yield Commit(b"docs: note %d" % number, [(b"docs/n%d.md" % number, b"words\n")])


def large(*, files: int = 100_000, commits: int = 20_000, changed: int = 13_000, tags: int = 200) -> Iterator[Commit]:
    """Many files, many commits, and a last commit that changes 13,000 files that nobody watches.

    Twenty files to a folder. With ``tags`` the newest release is the last commit but one; without, the only release is
    the first commit.
    """
    names = [b"src/d%03d/s%02d/f%06d.txt" % (number // 1000, number // 20 % 50, number) for number in range(files)]
    yield Commit(b"feat: start", [*_start(), *((name, b"old\n") for name in names)], b"v0.0.1")
    every = commits // tags if tags else commits
    for number in range(1, commits - 1):
        tagged = bool(tags) and (number % every == 0 or number == commits - 2)
        tag = b"v0.%d.0" % number if tagged else b""
        yield Commit(b"docs: note %d" % number, [(names[number * 7 % files], b"%d\n" % number)], tag)
    yield Commit(b"style: all over", [(name, b"new\n") for name in names[-changed:]])


def chart_history(commits: int = 20_000, *, tag_near_head: bool) -> Iterator[Commit]:
    """Every commit touches the chart; messages of all kinds, every third one squashed of two, one that breaks."""
    released = commits - 20 if tag_near_head else 1
    for number in range(1, commits + 1):
        message = b"%s(area%d): change number %d (#%d)" % (_TYPES[number * 5 % 8], number % 7, number, number)
        if number % 3 == 0:
            message += b"\n\n* fix: one part of it\n\n* docs: another part\n"
        if number % 5 == 0:
            message = b"Bump something from %d to %d" % (number, number + 1)
        if number == commits - 10:
            message = b"feat!: another way\n\nBREAKING CHANGE: all of it"
        template = (b"charts/app/templates/t%02d.yaml" % (number % 50), b"%d" % number)
        start = _start() if number == 1 else []
        yield Commit(message, [*start, template], b"v1.4.2" if number == released else b"")
