"""A reservation: created once, by one commit, at a real remote."""

from pathlib import Path

import pytest

from jetscale_cicd.act.release.reserve import give_back, reserve
from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.release import Release
from jetscale_cicd.model.version import Version
from jetscale_cicd.tools.redact import MIN_KNOWN_CHARS
from tests.conftest import rest_slow
from tests.support.history import Drawn, add_update_hook, bare, being_written, clone, draw, git, opened, undeletable

pytestmark = pytest.mark.quick(14)

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


def taken(local: Drawn, wanted: Release, made: str = "") -> str:
    return reserve(opened(local, network=True), wanted, made or wanted.commit)


def refused(local: Drawn, wanted: Release) -> str:
    with pytest.raises(Stage6Error) as error:
        taken(local, wanted)
    return error.value.code


def test_a_version_is_reserved_once_and_again_by_the_same_commit(local: Drawn) -> None:
    for _ in range(2):
        taken(local, release(local))
        assert git(origin(local), "rev-parse", REF) == local.head


@pytest.mark.parametrize(("first", "second"), [("HEAD~1", "HEAD"), ("HEAD", "HEAD~1")])
def test_another_commit_does_not_get_it_and_does_not_move_it(local: Drawn, first: str, second: str) -> None:
    taken(local, release(local, first))
    assert refused(local, release(local, second)) == "VERSION_RESERVED"
    assert git(origin(local), "rev-parse", REF) == local.git("rev-parse", first)


def test_a_version_that_was_released_between_push_and_check_is_not_refused(local: Drawn) -> None:
    tag_and_refuse(local, local.git("rev-parse", "HEAD~1"))
    assert refused(local, release(local)) == "VERSION_RESERVED"


def tag_and_refuse(local: Drawn, commit: str) -> None:
    """The run that holds the version tags it, and gives it back, after it made our push fail and before we ask why."""
    add_update_hook(origin(local), f"unset GIT_QUARANTINE_PATH\ngit update-ref refs/tags/v0.2.0 {commit}\nexit 1")


@pytest.mark.parametrize("release_commit", [False, True])
def test_a_version_that_a_run_of_the_same_commit_released_between_push_and_check_is_ours(
    local: Drawn, release_commit: bool
) -> None:
    released = release(local, "HEAD~1" if release_commit else "HEAD")
    tag_and_refuse(local, local.head)
    assert taken(local, released, local.head) == ""


@pytest.mark.parametrize("ends_as", ["HEAD", "HEAD~1", None])
def test_a_reservation_that_another_push_is_writing_is_asked_for_again(local: Drawn, ends_as: str | None) -> None:
    """The ref is locked for longer than git waits, and listed only when it is written."""
    commit = ends_as and local.git("rev-parse", ends_as)
    being_written(origin(local), REF, f"git update-ref {REF} {commit}" if commit else "true")
    if ends_as == "HEAD~1":
        assert refused(local, release(local)) == "VERSION_RESERVED"
    else:
        assert taken(local, release(local)) == ""
        assert git(origin(local), "rev-parse", REF) == local.head


def test_a_remote_that_takes_no_such_refs_says_why(local: Drawn) -> None:
    add_update_hook(origin(local), "echo 'no such refs here' >&2; exit 1")
    assert "no such refs here" in taken(local, release(local))


WORDS_OF_GIT = ["remote", "rejected", "[remote rejected]", "declined", "failed to", "lock", "error: "]


@pytest.mark.parametrize("password", rest_slow(WORDS_OF_GIT, "rejected"))
def test_a_password_that_is_a_word_of_gits_changes_no_decision_and_is_masked(local: Drawn, password: str) -> None:
    """git's message is matched as git wrote it, and shown redacted."""
    repository, wanted = opened(local, network=True), release(local)
    repository.git.redact.learn([password], MIN_KNOWN_CHARS)
    add_update_hook(origin(local), f"echo 'no such refs here, {password}' >&2; exit 1")
    reason = reserve(repository, wanted, wanted.commit)
    assert "no such refs here" in reason
    assert password not in reason
    commit = local.git("rev-parse", "HEAD")
    being_written(origin(local), REF, f"git update-ref {REF} {commit}")
    assert reserve(repository, wanted, wanted.commit) == ""


def test_a_user_with_the_name_of_a_word_of_gits_is_not_masked(local: Drawn) -> None:
    local.git("config", "remote.other.url", "https://remote@git.example.com/acme/app.git?ref=release")
    repository = opened(local, network=True)
    assert repository.git.remotes == ("origin", "other")
    assert repository.git.redact("the remote of the release: [remote rejected]") == (
        "the remote of the release: [remote rejected]"
    )


def test_a_remote_that_hides_such_refs_takes_none(local: Drawn) -> None:
    git(origin(local), "config", "receive.hideRefs", "refs/stage6")
    assert "hidden ref" in taken(local, release(local))


def test_a_remote_that_takes_no_push_is_an_error_with_its_reason(local: Drawn) -> None:
    local.git("config", "remote.origin.receivepack", "echo 'you may only read' >&2; false")
    with pytest.raises(Stage6Error, match="you may only read") as error:
        taken(local, release(local))
    assert error.value.code == "RESERVATION_REFUSED"


def test_a_reservation_that_cannot_be_seen_is_another_runs(local: Drawn) -> None:
    taken(local, release(local, "HEAD~1"))
    git(origin(local), "config", "uploadpack.hideRefs", "refs/stage6")
    assert refused(local, release(local)) == "RESERVATION_REFUSED"


def test_a_reservation_that_may_not_be_deleted_stays(local: Drawn) -> None:
    taken(local, release(local))
    undeletable(origin(local))
    assert not give_back(opened(local, network=True), release(local))
    assert git(origin(local), "rev-parse", REF) == local.head


def test_only_our_own_reservation_is_given_back(local: Drawn) -> None:
    taken(local, release(local))
    give_back(opened(local, network=True), release(local, "HEAD~1"))
    assert git(origin(local), "rev-parse", REF) == local.head
    give_back(opened(local, network=True), release(local))
    assert git(origin(local), "for-each-ref", "refs/stage6") == ""


def test_without_a_remote_no_other_run_can_take_it(tmp_path: Path) -> None:
    repo = draw(tmp_path / "repo", "feat: a [x]")
    taken(repo, release(repo))
    assert repo.git("for-each-ref", "refs/stage6") == ""
