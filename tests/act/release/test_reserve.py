"""A reservation: created once, by one commit, at a real remote."""

from pathlib import Path

import pytest

from jetscale_cicd.act.release.reserve import give_back, reserve
from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.release import Release
from jetscale_cicd.model.version import Version
from tests.support.history import Drawn, add_update_hook, bare, clone, draw, git, opened, undeletable

REF = "refs/stage6/reserved/v0.2.0"


@pytest.fixture
def local(tmp_path: Path) -> Drawn:
    """A clone whose main has two commits."""
    work = draw(tmp_path / "work", "feat: a [x]", "feat: b [x]")
    return clone(bare(work, tmp_path / "origin.git"), tmp_path / "clone")


def origin(local: Drawn) -> Path:
    return local.path.parent / "origin.git"


def release(local: Drawn, revision: str = "HEAD") -> Release:
    return Release(Version(0, 2, 0), "v0.2.0", local.git("rev-parse", revision))


def refused(local: Drawn, wanted: Release) -> str:
    with pytest.raises(Stage6Error) as error:
        reserve(opened(local, network=True), wanted)
    return error.value.code


def test_a_version_is_reserved_once_and_again_by_the_same_commit(local: Drawn) -> None:
    for _ in range(2):
        reserve(opened(local, network=True), release(local))
        assert git(origin(local), "rev-parse", REF) == local.head


@pytest.mark.parametrize(("first", "second"), [("HEAD~1", "HEAD"), ("HEAD", "HEAD~1")])
def test_another_commit_does_not_get_it_and_does_not_move_it(local: Drawn, first: str, second: str) -> None:
    reserve(opened(local, network=True), release(local, first))
    assert refused(local, release(local, second)) == "VERSION_RESERVED"
    assert git(origin(local), "rev-parse", REF) == local.git("rev-parse", first)


def test_a_version_that_was_released_between_push_and_check_is_not_refused(local: Drawn) -> None:
    hook = origin(local) / "hooks" / "update"
    hook.parent.mkdir(exist_ok=True)
    tagged = local.git("rev-parse", "HEAD~1")
    hook.write_text(f"#!/bin/sh\nunset GIT_QUARANTINE_PATH\ngit update-ref refs/tags/v0.2.0 {tagged}\nexit 1\n")
    hook.chmod(0o755)
    assert refused(local, release(local)) == "VERSION_RESERVED"


def test_a_remote_that_takes_no_such_refs_says_why(local: Drawn) -> None:
    add_update_hook(origin(local), "echo 'no such refs here' >&2; exit 1")
    assert "no such refs here" in reserve(opened(local, network=True), release(local))


def test_a_remote_that_hides_such_refs_takes_none(local: Drawn) -> None:
    git(origin(local), "config", "receive.hideRefs", "refs/stage6")
    assert "hidden ref" in reserve(opened(local, network=True), release(local))


def test_a_remote_that_takes_no_push_is_an_error_with_its_reason(local: Drawn) -> None:
    local.git("config", "remote.origin.receivepack", "echo 'you may only read' >&2; false")
    with pytest.raises(Stage6Error, match="you may only read") as error:
        reserve(opened(local, network=True), release(local))
    assert error.value.code == "RESERVATION_REFUSED"


def test_a_reservation_that_cannot_be_seen_is_another_runs(local: Drawn) -> None:
    reserve(opened(local, network=True), release(local, "HEAD~1"))
    git(origin(local), "config", "uploadpack.hideRefs", "refs/stage6")
    assert refused(local, release(local)) == "RESERVATION_REFUSED"


def test_a_reservation_that_may_not_be_deleted_stays(local: Drawn) -> None:
    reserve(opened(local, network=True), release(local))
    undeletable(origin(local))
    assert not give_back(opened(local, network=True), release(local))
    assert git(origin(local), "rev-parse", REF) == local.head


def test_only_our_own_reservation_is_given_back(local: Drawn) -> None:
    reserve(opened(local, network=True), release(local))
    give_back(opened(local, network=True), release(local, "HEAD~1"))
    assert git(origin(local), "rev-parse", REF) == local.head
    give_back(opened(local, network=True), release(local))
    assert git(origin(local), "for-each-ref", "refs/stage6") == ""


def test_without_a_remote_no_other_run_can_take_it(tmp_path: Path) -> None:
    repo = draw(tmp_path / "repo", "feat: a [x]")
    reserve(opened(repo, network=True), release(repo))
    assert repo.git("for-each-ref", "refs/stage6") == ""
