"""The next version at 20,000 commits, beside python-semantic-release's own.

Both in this process, with their packages imported and the repository opened: the time of the algorithm alone. Every
commit touches the chart and history is linear, so that python-semantic-release, which knows no paths, is right.
"""

import gc
from pathlib import Path

from git import Repo
from semantic_release.commit_parser.conventional.parser import ConventionalCommitParser
from semantic_release.version.algorithm import next_version
from semantic_release.version.translator import VersionTranslator

from benchmarks.measure import Row, interleaved, milliseconds
from benchmarks.repositories import chart_history, make
from jetscale_cicd.config.release_rules import ReleaseRules
from jetscale_cicd.config.settings import ChartSettings
from jetscale_cicd.observe.git.releases import find_releases
from jetscale_cicd.observe.git.repository import Repository
from jetscale_cicd.planning.version import choose
from jetscale_cicd.tools.git import open_repository
from jetscale_cicd.tools.redact import Redactor

TIMES_FASTER = 5.0
_ROUNDS = 7


def rows(scratch: Path) -> list[Row]:
    """Measure with the latest release just behind head, and with the only one 20,000 commits back."""
    return [
        *_rows(scratch / "near", "next version, 20,000 commits, release near head", tag_near_head=True),
        *_rows(scratch / "far", "next version, 20,000 commits since the release", tag_near_head=False),
    ]


def _rows(path: Path, what: str, *, tag_near_head: bool) -> list[Row]:
    make(path, chart_history(tag_near_head=tag_near_head))
    ours, theirs = _ours(path), _theirs(path)
    taken = interleaved({"ours": lambda: _ours(path), "theirs": lambda: _theirs(path)}, _ROUNDS)
    faster = taken["theirs"] / taken["ours"]
    times = f"{milliseconds(taken['ours'])} beside {milliseconds(taken['theirs'])}"
    return [
        Row(what, f"{faster:.1f} x faster", f"≥ {TIMES_FASTER:g} x", faster >= TIMES_FASTER),
        Row("  Stage 6 beside python-semantic-release", times),
        Row("  the answer", f"{ours}, {theirs}", "the same", ours == theirs),
    ]


def _ours(path: Path) -> str:
    repository = Repository(open_repository(path, network=False, redact=Redactor.of(())))
    head = repository.commit("HEAD")
    releases = find_releases(repository, "v{version}", head, ask_remote=False)
    return str(choose(repository, ChartSettings(), ReleaseRules(), releases.latest, head).version)


def _theirs(path: Path) -> str:
    with Repo(path) as repo:
        version = next_version(
            repo,
            VersionTranslator(),
            ConventionalCommitParser(),  # type: ignore[arg-type]
            allow_zero_version=True,
            major_on_zero=True,
        )
    gc.collect()
    return str(version)
