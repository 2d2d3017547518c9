"""The release of a commit while another run publishes: one state of the remote for the tags and for the registry."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from jetscale_cicd import stage6
from jetscale_cicd.config.settings import ChartSettings, Settings
from jetscale_cicd.context import open_context
from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.model.plan import Decision, Plan
from jetscale_cicd.model.release import Absent, Present, RegistryAnswer
from jetscale_cicd.model.request import Request
from jetscale_cicd.model.target import Target
from jetscale_cicd.tools.registry.digest import digest_of
from jetscale_cicd.tools.registry.directory import DirectoryRegistry
from tests.support.history import Drawn, bare, clone, draw, git

CHART = "charts/app/Chart.yaml"
RESERVED = "refs/stage6/reserved/v0.2.0"
RENDERED = Target(name="live", engine="render", output="rendered")


@dataclass(frozen=True)
class Work:
    """A clone at a commit after v0.1.0, with a later one at its remote."""

    repo: Drawn
    remote: Path
    newer: str

    def plan(self) -> Plan:
        """The plan of a run in the clone."""
        request = Request(repo=self.repo.path, event=Event(ci="local", kind=EventKind.LOCAL, branch="main"))
        with open_context(request, lambda _: None) as context:
            chart = ChartSettings(registry=str(self.remote.parent))
            return stage6.plan(replace(context, settings=Settings(chart=chart, targets=(RENDERED,))))


@pytest.fixture
def work(tmp_path: Path) -> Work:
    origin = draw(tmp_path / "origin", f"feat: a [{CHART} envs/live/values.yaml]", "tag v0.1.0", f"feat: b [{CHART}]")
    older = origin.head
    newer = origin.commit("feat: c", CHART)
    remote = bare(origin, tmp_path / "remote.git")
    repo = clone(remote, tmp_path / "work")
    repo.git("checkout", "--quiet", older)
    return Work(repo, remote, newer)


def foreign(patch: pytest.MonkeyPatch, meanwhile: Callable[[], object] = lambda: None) -> None:
    """The registry holds another package as 0.2.0; ``meanwhile`` happens when it is asked."""

    def lookup(_: DirectoryRegistry, __: str, version: str) -> RegistryAnswer:
        meanwhile()
        return Present(digest_of(b"another")) if version == "0.2.0" else Absent()

    patch.setattr(DirectoryRegistry, "lookup", lookup)
    patch.setattr(DirectoryRegistry, "read", lambda *_: b"another")


@pytest.mark.parametrize("ref", ["refs/tags/v0.2.0", RESERVED])
def test_a_version_that_a_later_commit_takes_meanwhile_does_not_give_the_older_one_the_next(
    work: Work, monkeypatch: pytest.MonkeyPatch, ref: str
) -> None:
    foreign(monkeypatch, lambda: git(work.remote, "update-ref", ref, work.newer))
    plan = work.plan()
    assert (plan.decision, plan.choice) == (Decision.NOTHING, None)


def test_a_version_reserved_for_this_commit_with_another_package_is_passed_over(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(work.remote, "update-ref", RESERVED, work.repo.head)
    foreign(monkeypatch)
    assert str(work.plan().version) == "0.2.1"


def test_a_ref_of_that_name_that_is_no_release_is_asked_for_once(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = git(work.remote, "rev-parse", "HEAD^{tree}").strip()
    foreign(monkeypatch, lambda: git(work.remote, "update-ref", "refs/tags/v0.2.0", tree))
    assert str(work.plan().version) == "0.2.1"


def test_a_package_that_no_ref_names_is_passed_over(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    foreign(monkeypatch)
    assert str(work.plan().version) == "0.2.1"
