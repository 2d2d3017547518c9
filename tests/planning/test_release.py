"""The release of a commit while another run publishes: one state of the remote for the tags and for the registry."""

from dataclasses import replace
from pathlib import Path

import pytest

from jetscale_cicd import stage6
from jetscale_cicd.config.settings import ChartSettings, Settings
from jetscale_cicd.context import open_context
from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.model.plan import Decision
from jetscale_cicd.model.release import Absent, Present, RegistryAnswer
from jetscale_cicd.model.request import Request
from jetscale_cicd.model.target import Target
from jetscale_cicd.tools.registry.directory import DirectoryRegistry
from tests.support.history import bare, clone, draw, git

CHART = "charts/app/Chart.yaml"
RENDERED = Target(name="live", engine="render", output="rendered")


@pytest.mark.parametrize("ref", ["refs/tags/v0.2.0", "refs/stage6/reserved/v0.2.0"])
def test_a_version_that_a_later_commit_takes_meanwhile_does_not_give_the_older_one_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ref: str
) -> None:
    origin = draw(tmp_path / "origin", f"feat: a [{CHART} envs/live/values.yaml]", "tag v0.1.0", f"feat: b [{CHART}]")
    older = origin.head
    newer = origin.commit("feat: c", CHART)
    remote = bare(origin, tmp_path / "remote.git")
    work = clone(remote, tmp_path / "work")
    work.git("checkout", "--quiet", older)
    asked: list[str] = []

    def lookup(_: DirectoryRegistry, __: str, version: str) -> RegistryAnswer:
        asked.append(version)
        git(remote, "update-ref", ref, newer)  # the other run had reserved it, and pushed
        return Present("sha256:of-the-other-run") if version == "0.2.0" else Absent()

    monkeypatch.setattr(DirectoryRegistry, "lookup", lookup)
    request = Request(repo=work.path, event=Event(ci="local", kind=EventKind.LOCAL, branch="main"))
    with open_context(request, lambda _: None) as context:
        settings = Settings(chart=ChartSettings(registry=str(tmp_path)), targets=(RENDERED,))
        plan = stage6.plan(replace(context, settings=settings))
    assert asked[0] == "0.2.0"
    assert (plan.decision, plan.choice) == (Decision.NOTHING, None)
