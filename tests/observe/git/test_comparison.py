"""Which two commits are compared, how that was found, and whether it is certain."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from jetscale_cicd.errors import CannotTellError, Stage6Error
from jetscale_cicd.model.change import Comparison
from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.model.live import Deployed, LiveState, NotDeployed, NotObserved
from jetscale_cicd.model.request import Request
from jetscale_cicd.observe.git.comparison import (
    chart_comparison,
    event_comparison,
    find_head,
    since_merge_base,
    values_comparison,
)
from jetscale_cicd.observe.git.releases import Releases, check_merged, find_releases
from tests.support.history import Drawn, bare, clone, draw, git, opened

STORY = ("feat: a [charts/app/values.yaml]", "tag v0.1.0", "fix: b [charts/app/values.yaml]", "docs: c [README.md]")
GONE = "1234567890123456789012345678901234567890"
LOCAL = Event(ci="local", kind=EventKind.LOCAL)
PUSH = Event(ci="github", kind=EventKind.PUSH)
FORMAT = "v{version}"


@pytest.fixture
def repo(tmp_path: Path) -> Drawn:
    return draw(tmp_path / "repo", *STORY)


def asked(event: Event = LOCAL, *, since: str = "auto", base: str | None = None) -> Request:
    return Request(repo=Path(), event=event, since=since, base=base)


def releases(repo: Drawn, *, ask_remote: bool = True, network: bool = True, tag_format: str = FORMAT) -> Releases:
    return find_releases(opened(repo, network=network), tag_format, repo.head, ask_remote=ask_remote)


def latest(repo: Drawn) -> str | None:
    found = releases(repo).latest
    return found.tag if found else None


def values(repo: Drawn, request: Request, live: LiveState) -> Comparison:
    latest = releases(repo).latest
    chart = chart_comparison(opened(repo), request, repo.head, latest)
    return values_comparison(opened(repo), request, chart, latest, live)


def event(repo: Drawn, given: Event) -> Comparison:
    return event_comparison(opened(repo), asked(given), repo.head, releases(repo).latest)


def deployed(commit: str) -> Deployed:
    return Deployed(version="0.1.0", commit=commit, digest="sha256:0", values_digest="sha256:0")


def published(repo: Drawn, tmp_path: Path, *options: str) -> tuple[Path, Drawn]:
    """A remote, and a clone of it."""
    origin = bare(repo, tmp_path / "origin.git")
    return origin, clone(origin, tmp_path / "clone", *options)


# Releases


def test_the_latest_release_is_the_highest_that_is_merged(repo: Drawn) -> None:
    repo.draw("branch side", "fix: d [x]", "tag v0.9.0", "checkout main")
    assert latest(repo) == "v0.1.0"


def test_a_release_below_many_of_other_branches_is_still_the_latest(repo: Drawn) -> None:
    repo.draw("branch side", "fix: d [x]", *(f"tag v0.9.{number}" for number in range(5)), "checkout main")
    assert latest(repo) == "v0.1.0"


def test_a_version_of_another_branch_is_taken_all_the_same(repo: Drawn) -> None:
    repo.draw("branch side", "fix: d [x]", "tag v0.9.0", "checkout main")
    assert [release.tag for release in releases(repo).all] == ["v0.9.0", "v0.1.0"]


def test_a_release_that_only_the_remote_knows_is_fetched(repo: Drawn, tmp_path: Path) -> None:
    origin, local = published(repo, tmp_path)
    git(origin, "tag", "v0.2.0", repo.head)
    assert latest(local) == "v0.2.0"


def test_a_clone_without_tags_finds_the_remotes(repo: Drawn, tmp_path: Path) -> None:
    assert latest(published(repo, tmp_path, "--no-tags")[1]) == "v0.1.0"


def test_a_local_tag_is_never_moved(repo: Drawn, tmp_path: Path) -> None:
    origin, local = published(repo, tmp_path)
    git(origin, "tag", "--force", "v0.1.0", repo.head)
    before = local.git("rev-parse", "v0.1.0")
    with pytest.raises(CannotTellError) as moved:
        releases(local)
    assert (moved.value.code, moved.value.where) == ("TAG_DIFFERS", "refs/tags/v0.1.0")
    assert local.git("rev-parse", "v0.1.0") == before


def test_a_tag_that_this_clone_alone_has_is_no_release(repo: Drawn, tmp_path: Path) -> None:
    _, local = published(repo, tmp_path)
    local.git("tag", "v9.0.0")
    found = releases(local)
    assert found.latest
    assert found.latest.tag == "v0.1.0"
    assert [release.tag for release in found.all] == ["v9.0.0", "v0.1.0"]


def test_tags_that_are_no_releases_are_not_fetched(repo: Drawn, tmp_path: Path) -> None:
    origin, local = published(repo, tmp_path, "--no-tags")
    for tag in ("v1-old", "v2.0.0-rc.1", "vendor", "other"):
        git(origin, "tag", tag, repo.head)
    releases(local)
    assert local.git("tag") == "v0.1.0"


def test_a_local_tag_with_an_odd_name_hides_none_of_the_remotes(repo: Drawn, tmp_path: Path) -> None:
    origin, local = published(repo, tmp_path)
    git(origin, "tag", "v0.2.0", repo.head)
    local.git("tag", "odd\u2028v0.2.0")
    assert latest(local) == "v0.2.0"


def test_a_remote_tag_with_an_odd_name_hides_no_other(repo: Drawn, tmp_path: Path) -> None:
    origin, local = published(repo, tmp_path)
    git(origin, "tag", "v0.2.0\x85", repo.head)
    git(origin, "tag", "v0.3.0", repo.head)
    assert latest(local) == "v0.3.0"


def test_releases_of_which_none_is_merged_are_an_error(repo: Drawn, tmp_path: Path) -> None:
    local = published(repo, tmp_path)[1]
    local.git("checkout", "--quiet", "--orphan", "new")
    local.draw("feat: anew [charts/app/values.yaml]")
    with pytest.raises(CannotTellError) as unmerged:
        check_merged(releases(local), local.head)
    assert (unmerged.value.code, "v0.1.0" in unmerged.value.message) == ("RELEASES_NOT_MERGED", True)
    assert "tag_format" in unmerged.value.hint


@pytest.mark.parametrize("remote", [True, False])
def test_no_release_anywhere_is_no_release_yet(tmp_path: Path, remote: bool) -> None:
    repo = draw(tmp_path / "repo", "feat: a [charts/app/values.yaml]")
    found = releases(published(repo, tmp_path)[1] if remote else repo)
    assert replace(found, heads=None) == Releases(None, ())
    assert (found.heads is not None) == remote


def test_a_shallow_clone_is_completed_before_its_tags_are_judged(repo: Drawn, tmp_path: Path) -> None:
    local = published(repo, tmp_path, "--depth=1")[1]
    found = releases(local)
    assert (found.latest, found.certain) == (releases(repo).latest, True)


def test_a_shallow_clone_without_a_remote_cannot_tell_its_latest_release(repo: Drawn, tmp_path: Path) -> None:
    local = published(repo, tmp_path, "--depth=1", "--no-tags")[1]
    local.git("remote", "remove", "origin")
    with pytest.raises(CannotTellError) as cut:
        releases(local)
    assert cut.value.code == "HISTORY_INCOMPLETE"


def test_the_latest_release_of_a_shallow_clone_is_uncertain_where_nobody_asks(repo: Drawn, tmp_path: Path) -> None:
    local = published(repo, tmp_path, "--depth=1")[1]
    assert releases(local, ask_remote=False).certain is False
    assert releases(repo, ask_remote=False).certain is True


def test_a_remote_that_is_gone_is_an_error_where_it_is_asked(repo: Drawn, tmp_path: Path) -> None:
    origin, local = published(repo, tmp_path)
    shutil.rmtree(origin)
    with pytest.raises(CannotTellError) as unreachable:
        releases(local)
    assert unreachable.value.code == "REMOTE_UNREACHABLE"
    assert releases(local, network=False).latest == releases(repo).latest


# The event's base


def test_the_commit_before_a_push_is_the_base(repo: Drawn) -> None:
    before = repo.git("rev-parse", "HEAD~1")
    found = event(repo, replace(PUSH, base=before))
    assert (found.base, found.certain) == (before, True)


def test_an_event_without_a_base_falls_back_to_the_last_release(repo: Drawn) -> None:
    found = event(repo, replace(PUSH, note="event.before is all zeros"))
    assert (found.base, found.certain) == (repo.git("rev-parse", "v0.1.0^{}"), False)
    assert "event.before is all zeros" in found.how


def test_a_base_that_is_gone_falls_back_to_the_last_release(repo: Drawn) -> None:
    found = event(repo, replace(PUSH, base=GONE))
    assert (found.base, found.certain) == (repo.git("rev-parse", "v0.1.0^{}"), False)
    assert GONE in found.how


@pytest.mark.parametrize("base", [None, GONE])
def test_without_a_release_a_missing_base_is_an_error(tmp_path: Path, base: str | None) -> None:
    repo = draw(tmp_path / "repo", "feat: a [charts/app/values.yaml]", "docs: b [README.md]")
    with pytest.raises(Stage6Error) as missing:
        event(repo, replace(PUSH, base=base))
    assert (missing.value.code, opened(repo).whole_history in missing.value.hint) == ("NO_BASE", True)


def test_a_base_after_a_force_push_needs_to_be_no_ancestor(repo: Drawn, tmp_path: Path) -> None:
    before = repo.head
    origin = bare(repo, tmp_path / "origin.git")
    repo.git("reset", "--quiet", "--hard", "HEAD~1")
    repo.draw("fix: rewritten [charts/app/values.yaml]")
    repo.git("push", "--quiet", "--force", str(origin), "main")
    found = event(clone(origin, tmp_path / "clone"), replace(PUSH, base=before))
    assert (found.base, found.certain) == (before, True)


def test_a_pull_request_starts_where_it_left_the_target_branch(repo: Drawn) -> None:
    left = repo.head
    repo.draw("branch topic", "fix: d [x]", "checkout main", "fix: e [charts/app/values.yaml]", "checkout topic")
    tip = repo.git("rev-parse", "main")
    found = event(repo, replace(PUSH, base=tip, base_is_branch_tip=True))
    assert (found.base, found.certain) == (left, True)


def test_a_merge_that_the_ci_made_starts_at_its_first_parent(repo: Drawn) -> None:
    repo.draw("branch topic", "fix: d [x]", "checkout main", "fix: e [charts/app/values.yaml]")
    tip = repo.head
    repo.draw("merge topic")
    stale = repo.git("rev-parse", "HEAD~2")
    found = event(repo, replace(PUSH, base=stale, base_is_branch_tip=True, base_is_first_parent=True))
    assert (found.base, found.certain) == (tip, True)


def test_histories_that_do_not_meet_are_an_error(repo: Drawn) -> None:
    main = repo.head
    repo.git("checkout", "--quiet", "--orphan", "new")
    repo.draw("feat: anew [charts/app/values.yaml]")
    with pytest.raises(CannotTellError) as apart:
        since_merge_base(opened(repo), main, repo.head, "main")
    assert apart.value.code == "NO_MERGE_BASE"


def forked(tmp_path: Path) -> tuple[Drawn, Drawn]:
    """A branch that merged main's newest commit, so that a cut history shows an older common ancestor at best."""
    repo = draw(tmp_path / "repo", *STORY, "branch topic", "fix: d [x]", "checkout main", "fix: e [y]")
    repo.draw("checkout topic", "merge main", "checkout main", "fix: f [y]", "checkout topic")
    return repo, clone(bare(repo, tmp_path / "origin.git"), tmp_path / "clone", "--depth=1", "--no-single-branch")


def test_the_merge_base_of_a_shallow_clone_is_the_full_clones(tmp_path: Path) -> None:
    repo, local = forked(tmp_path)
    tip = repo.git("rev-parse", "main")
    found = since_merge_base(opened(local), tip, repo.head, "main")
    assert (found.base, found.certain) == (repo.git("merge-base", "main", "topic"), True)


def test_the_merge_base_of_a_shallow_clone_is_uncertain_without_network(repo: Drawn, tmp_path: Path) -> None:
    local = opened(published(repo, tmp_path, "--depth=2")[1], network=False)
    found = since_merge_base(local, local.commit("HEAD~1"), repo.head, "main")
    assert (found.certain, "shallow" in found.how) == (False, True)


# What is deployed


def test_values_are_compared_since_the_deployed_commit(repo: Drawn) -> None:
    before = repo.git("rev-parse", "HEAD~1")
    found = values(repo, asked(replace(PUSH, base=repo.git("rev-parse", "HEAD~2"))), deployed(before))
    assert (found.base, found.certain) == (before, True)


def test_a_deployed_commit_that_is_gone_falls_back_to_the_last_release(repo: Drawn) -> None:
    found = values(repo, asked(replace(PUSH, base=repo.head)), deployed(GONE))
    assert (found.base, found.certain) == (repo.git("rev-parse", "v0.1.0^{}"), False)
    assert "deployed commit 123456789012 is gone" in found.how


@pytest.mark.parametrize("live", [NotDeployed(), NotObserved("nobody looked")])
def test_where_nothing_was_seen_the_events_base_is_taken(repo: Drawn, live: LiveState) -> None:
    before = repo.git("rev-parse", "HEAD~1")
    assert values(repo, asked(replace(PUSH, base=before)), live).base == before


def test_where_nothing_was_seen_nor_given_the_last_release_is_taken(repo: Drawn) -> None:
    found = values(repo, asked(), NotObserved("nobody looked"))
    assert (found.base, found.certain) == (repo.git("rev-parse", "v0.1.0^{}"), False)


# The chart's base, and head


def test_the_chart_is_compared_with_its_latest_release_whatever_the_event_says(repo: Drawn) -> None:
    request = asked(replace(PUSH, base=repo.head))
    found = chart_comparison(opened(repo), request, repo.head, releases(repo).latest)
    assert (found.base, found.certain) == (repo.git("rev-parse", "v0.1.0^{}"), True)


def test_without_any_release_everything_is_new(repo: Drawn) -> None:
    assert chart_comparison(opened(repo), asked(), repo.head, None).base is None


def test_since_a_revision_is_since_that_commit(repo: Drawn) -> None:
    found = chart_comparison(opened(repo), asked(since="HEAD~1"), repo.head, None)
    assert found == Comparison(repo.git("rev-parse", "HEAD~1"), repo.head, "since HEAD~1")


def test_head_is_what_was_asked_for_then_the_events_then_what_is_checked_out(repo: Drawn) -> None:
    first, second = repo.git("rev-parse", "HEAD~2", "HEAD~1").split()
    request = asked(replace(PUSH, head=second))
    assert find_head(opened(repo), replace(request, head=first)) == first
    assert find_head(opened(repo), request) == second
    assert find_head(opened(repo), asked()) == repo.head


def test_a_head_that_is_gone_is_an_error(repo: Drawn) -> None:
    with pytest.raises(CannotTellError) as gone:
        find_head(opened(repo), asked(replace(PUSH, head=GONE)))
    assert gone.value.code == "NO_SUCH_REVISION"


def test_a_deleted_branch_has_no_head(repo: Drawn) -> None:
    with pytest.raises(CannotTellError) as deleted:
        find_head(opened(repo), asked(Event(ci="github", kind=EventKind.DELETION, note="the branch was deleted")))
    assert deleted.value.code == "NO_HEAD"
