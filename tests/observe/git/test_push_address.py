"""Where a push goes, by git's own rules, and whether that is the repository that is read."""

from pathlib import Path

import pytest

from jetscale_cicd.observe.git.push_address import may_differ, push_blocker
from tests.support.history import Drawn, draw, opened


@pytest.fixture
def repo(tmp_path: Path) -> Drawn:
    return draw(tmp_path / "repo", "feat: a [x]")


def code(repo: Drawn, *settings: tuple[str, str]) -> str | None:
    for key, value in settings:
        repo.git("config", "--add", key, value)
    repository = opened(repo)
    blocker = push_blocker(repository)
    assert may_differ(repository) or blocker is None
    return blocker.code if blocker else None


HTTPS, SSH, SCP = "https://git.test/team/x.git", "ssh://git@git.test:2222/team/x", "git@git.test:team/x.git"


@pytest.mark.parametrize(
    ("url", "pushurl"),
    [(HTTPS, SSH), (HTTPS, SCP), (SSH, SCP), (HTTPS, "https://robot:secret@GIT.test/team/x/"), ("../a.git", "../a")],
)
def test_another_transport_to_the_same_repository_is_no_other_place(repo: Drawn, url: str, pushurl: str) -> None:
    assert code(repo, ("remote.origin.url", url), ("remote.origin.pushurl", pushurl)) is None


@pytest.mark.parametrize(
    ("url", "pushurl"),
    [
        (HTTPS, "https://git.test/team/y.git"),
        (HTTPS, "https://mirror.test/team/x.git"),
        ("../a.git", "../b.git"),
        ("../a.git", SSH),
        ("http://localhost:1/x", "http://localhost:2/x"),
    ],
)
def test_another_place_is_named(repo: Drawn, url: str, pushurl: str) -> None:
    assert code(repo, ("remote.origin.url", url), ("remote.origin.pushurl", pushurl)) == "REMOTE_SPLIT"


@pytest.mark.parametrize("key", ["url", "pushurl"])
def test_several_addresses_are_too_many(repo: Drawn, key: str) -> None:
    assert code(repo, ("remote.origin.url", HTTPS)) is None
    assert code(repo, *[(f"remote.origin.{key}", f"https://git.test/{name}") for name in "ab"]) == "REMOTE_SPLIT"


def test_addresses_are_compared_as_git_rewrites_them(repo: Drawn) -> None:
    assert code(repo, ("remote.origin.url", HTTPS), ("url.git@git.test:.pushInsteadOf", "https://git.test/")) is None
    assert code(repo, ("url.git@other.test:.pushInsteadOf", "https://git.test/team/")) == "REMOTE_SPLIT"


def test_no_credential_is_told(repo: Drawn) -> None:
    addresses = (f"https://robot:{name}-secret@git.test/{name}" for name in "ab")
    code(repo, *(("remote.origin.url", address) for address in addresses))
    blocker = push_blocker(opened(repo))
    assert blocker
    assert "secret" not in blocker.message
    assert "git.test/b" in blocker.message


def test_one_address_needs_no_look(repo: Drawn) -> None:
    repo.git("config", "remote.origin.url", HTTPS)
    assert not may_differ(opened(repo))


def test_without_a_remote_nothing_is_pushed(repo: Drawn) -> None:
    assert code(repo) is None
