"""Which commit is ahead of which: what is deployed against head, also where this clone lacks the history between."""

from dataclasses import replace
from pathlib import Path

import pytest

from jetscale_cicd.config.settings import ChartSettings, Settings
from jetscale_cicd.context import open_context
from jetscale_cicd.engines.table import engine_of
from jetscale_cicd.errors import CannotTellError
from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.model.live import Deployed, LiveState, NotDeployed, NotObserved, Revision
from jetscale_cicd.model.plan import Decision, TargetDecision
from jetscale_cicd.model.request import Request
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.git.values import read_values
from jetscale_cicd.planning.decision import observe
from tests.support.history import Drawn, bare, clone, draw, git, opened

VALUES, CHART = "envs/live/values.yaml", "charts/app/Chart.yaml"
TARGET = Target(name="live")
SETTINGS = Settings(chart=ChartSettings(), targets=(TARGET,))
GONE = "1234567890123456789012345678901234567890"


@pytest.fixture
def work(tmp_path: Path) -> Drawn:
    """A release, and two commits that change values alone."""
    first = (f"feat: a [{CHART} {VALUES}]", "tag v0.1.0")
    return draw(tmp_path / "work", *first, f"chore: b [{VALUES}]", f"chore: c [{VALUES}]")


def deployed(commit: str, **more: str) -> Deployed:
    return Deployed(version="0.1.0", commit=commit, digest="sha256:0", values_digest=more.get("values", "sha256:0"))


def decided(repo: Drawn, live: LiveState, *, since: str = "auto", release_hold: bool = False) -> TargetDecision:
    """What is decided for the target of the commit that is checked out."""
    event = Event(ci="local", kind=EventKind.LOCAL)
    request = Request(repo=repo.path, event=event, since=since, release_hold=release_hold)
    with open_context(request, lambda _: None) as context, pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(engine_of(TARGET)), "observe", lambda *_: live)
        (target,) = observe(replace(context, settings=SETTINGS)).targets
    return target


def digest(repo: Drawn) -> str:
    """Of the values of the commit that is checked out."""
    return read_values(opened(repo), repo.head, TARGET).digest


def test_a_commit_that_follows_head_is_not_replaced_by_it(work: Drawn) -> None:
    newest = work.head
    work.git("checkout", "--quiet", "HEAD~1")
    found = decided(work, deployed(newest))
    assert (found.decision, found.superseded) == (Decision.NOTHING, True)


@pytest.mark.parametrize("back", ["HEAD", "HEAD~1", "HEAD~2"])
def test_a_commit_before_head_or_head_itself_is_replaced(work: Drawn, back: str) -> None:
    found = decided(work, deployed(work.git("rev-parse", back)))
    assert (found.decision, found.superseded) == (Decision.REDEPLOY, False)


def test_a_commit_of_another_branch_is_replaced_by_a_higher_version_only(work: Drawn) -> None:
    work.draw("checkout HEAD~1", "branch side", f"chore: d [{VALUES}]")
    other = work.head
    work.git("checkout", "--quiet", "main")
    assert decided(work, deployed(other)).superseded is True
    work.draw("tag v0.2.0")
    assert decided(work, deployed(other)).superseded is False


def test_a_commit_that_is_gone_is_replaced(work: Drawn) -> None:
    found = decided(work, deployed(GONE))
    assert (found.superseded, found.compared.certain) == (False, False)


def test_what_a_rollback_took_back_counts_and_not_what_it_brought_back(work: Drawn) -> None:
    newest, oldest = work.head, work.git("rev-parse", "v0.1.0^{}")
    work.git("checkout", "--quiet", "HEAD~1")
    back = Revision(number=3, status="deployed", rollback=True, rollback_to=1, attempted=deployed(newest))
    assert decided(work, replace(deployed(oldest), revision=back)).superseded is True


# Clones that lack history


def truncated(work: Drawn, tmp_path: Path) -> tuple[Drawn, str, Path]:
    """A clone with all of head's history, and of what is deployed, a later commit, nothing but itself."""
    work.git("branch", "older", "HEAD~2")
    origin = bare(work, tmp_path / "origin.git")
    local = clone(origin, tmp_path / "clone", "--branch=older", "--single-branch")
    local.git("fetch", "--quiet", "--depth=1", "origin", "main")
    return local, work.head, origin


def test_a_later_commit_whose_history_is_cut_off_here_is_still_later(work: Drawn, tmp_path: Path) -> None:
    local, newest, _ = truncated(work, tmp_path)
    assert local.git("rev-list", newest, "--count") == "1"
    found = decided(local, deployed(newest))
    assert (found.decision, found.superseded) == (Decision.NOTHING, True)


def test_a_history_that_nobody_can_give_is_no_answer(work: Drawn, tmp_path: Path) -> None:
    local, newest, origin = truncated(work, tmp_path)
    git(origin, "update-ref", "refs/heads/main", "refs/heads/older")
    git(origin, "-c", "gc.reflogExpire=now", "gc", "--quiet", "--prune=now")
    with pytest.raises(CannotTellError) as cut:
        decided(local, deployed(newest))
    assert cut.value.code == "HISTORY_INCOMPLETE"


@pytest.mark.parametrize("depth", ["--depth=1", "--depth=2"])
def test_a_shallow_clone_decides_as_a_full_one(work: Drawn, tmp_path: Path, depth: str) -> None:
    newest = work.head
    work.git("branch", "older", "HEAD~1")
    local = clone(bare(work, tmp_path / "origin.git"), tmp_path / "clone", "--branch=older", depth)
    assert decided(local, deployed(newest)).superseded is True
    assert decided(local, deployed(work.git("rev-parse", "HEAD~2"))).superseded is False


# What is compared


def test_what_is_deployed_with_these_values_is_satisfied(work: Drawn) -> None:
    assert decided(work, deployed(work.head, values=digest(work))).decision is Decision.NOTHING


def test_where_only_commits_are_compared_nobody_observes_the_target(work: Drawn) -> None:
    found = decided(work, deployed(work.head), since="HEAD~1")
    assert isinstance(found.live, NotObserved)
    assert found.decision is Decision.REDEPLOY


def test_nothing_deployed_is_deployed(work: Drawn) -> None:
    assert decided(work, NotDeployed()).decision is Decision.REDEPLOY


def rolled_back(work: Drawn, *, values: str, status: str = "deployed", version: str = "0.1.0") -> Deployed:
    """A rollback, to what head wants or to something else, of a deploy of the same release."""
    attempted = deployed(work.head, values=digest(work))
    revision = Revision(number=3, status=status, rollback=True, rollback_to=1, attempted=attempted)
    return replace(deployed(work.head, values=values), version=version, revision=revision)


def test_a_rollback_to_what_head_has_holds_nothing(work: Drawn) -> None:
    found = decided(work, rolled_back(work, values=digest(work)))
    assert (found.decision, found.hold) == (Decision.NOTHING, None)


def test_a_rollback_to_something_else_holds(work: Drawn) -> None:
    assert decided(work, rolled_back(work, values="sha256:0")).hold
    assert decided(work, rolled_back(work, values=digest(work), status="failed")).hold
    assert decided(work, rolled_back(work, values=digest(work), version="0.0.9")).hold


def test_a_hold_that_a_person_releases_is_none(work: Drawn) -> None:
    found = decided(work, rolled_back(work, values="sha256:0"), release_hold=True)
    assert (found.decision, found.hold) == (Decision.REDEPLOY, None)
