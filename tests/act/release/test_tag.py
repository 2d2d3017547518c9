"""The tag at a real remote: created once, with the end of its reservation, whatever the remote lets be done."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from jetscale_cicd.act.release.tag import Tagging, check_push, tag
from jetscale_cicd.act.release.tag_object import make_tag
from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.release import Release
from jetscale_cicd.model.version import Version
from jetscale_cicd.observe.git.tag_message import recorded_notes, recorded_package
from tests.support.history import Drawn, add_update_hook, bare, being_written, clone, draw, git, opened, undeletable

pytestmark = pytest.mark.quick(20)

RESERVED = "refs/stage6/reserved/v0.2.0"
DIGEST = f"sha256:{'0' * 64}"
MESSAGE = f"## 0.2.0\n\n# a heading\n\nChart-Digest: {DIGEST}\n"


@pytest.fixture
def local(tmp_path: Path) -> Drawn:
    work = draw(tmp_path / "work", "feat: a [x]", "feat: b [x]")
    return clone(bare(work, tmp_path / "origin.git"), tmp_path / "clone")


def origin(local: Drawn) -> Path:
    return local.path.parent / "origin.git"


def release(local: Drawn) -> Release:
    return Release(Version(0, 2, 0), "v0.2.0", local.head)


def tagging(local: Drawn, reserved: str | None = None) -> Tagging:
    return Tagging(release(local), local.head, "", make_tag(opened(local), release(local), MESSAGE), reserved)


def refs(local: Drawn) -> set[str]:
    listed = git(origin(local), "for-each-ref", "--format=%(refname)", "refs/tags", "refs/stage6")
    return set(listed.split())


def test_the_reservation_goes_with_the_tag(local: Drawn) -> None:
    git(origin(local), "update-ref", RESERVED, local.head)
    tag(opened(local), tagging(local, local.head))
    assert refs(local) == {"refs/tags/v0.2.0"}


@pytest.mark.parametrize("atomic", ["true", "false"])
def test_a_remote_that_lets_nothing_be_deleted_gets_the_tag_and_the_reservation_that_stays_is_named(
    local: Drawn, atomic: str
) -> None:
    git(origin(local), "config", "receive.advertiseAtomic", atomic)
    git(origin(local), "update-ref", RESERVED, local.head)
    undeletable(origin(local))
    assert RESERVED in tag(opened(local), tagging(local, local.head))
    assert refs(local) == {"refs/tags/v0.2.0", RESERVED}
    assert local.git("rev-parse", "v0.2.0^{commit}") == local.head


def test_a_protected_tag_is_refused_in_the_servers_words(local: Drawn) -> None:
    git(origin(local), "update-ref", RESERVED, local.head)
    add_update_hook(origin(local), 'case "$1" in refs/tags/*) echo "ask the release team" >&2; exit 1;; esac')
    with pytest.raises(Stage6Error, match="ask the release team") as refused:
        tag(opened(local), tagging(local, local.head))
    assert (refused.value.code, refs(local)) == ("TAG_REFUSED", {RESERVED})


def test_a_push_that_is_tried_changes_nothing(local: Drawn) -> None:
    check_push(opened(local), tagging(local))
    assert refs(local) == set()


@pytest.mark.parametrize("why", ["no right to push", "no such remote"])
def test_a_push_that_git_refuses_is_refused_when_it_is_tried(local: Drawn, why: str) -> None:
    if why == "no right to push":
        local.git("config", "remote.origin.receivepack", "false")
    else:
        local.git("config", "remote.origin.url", "../nowhere.git")
    with pytest.raises(Stage6Error) as refused:
        check_push(opened(local), tagging(local))
    assert refused.value.code == "TAG_REFUSED"


# Another run at the same time


@pytest.mark.parametrize("at", ["HEAD", "HEAD~1"])
def test_a_tag_that_another_run_made_since_the_plan_is_ours_only_at_this_commit(local: Drawn, at: str) -> None:
    git(origin(local), "update-ref", "refs/tags/v0.2.0", at)
    if at == "HEAD":
        check_push(opened(local), tagging(local))
        assert tag(opened(local), tagging(local))
        return
    for push in (check_push, tag):
        with pytest.raises(Stage6Error) as refused:
            push(opened(local), tagging(local))
        assert refused.value.code == "TAG_TAKEN"


@pytest.mark.parametrize(("ends_as", "reserved"), [("HEAD", True), ("HEAD", False), ("HEAD~1", True), (None, True)])
def test_a_tag_that_another_push_is_writing_is_asked_for_again(
    local: Drawn, ends_as: str | None, reserved: bool
) -> None:
    if reserved:
        git(origin(local), "update-ref", RESERVED, local.head)
    commit = ends_as and local.git("rev-parse", ends_as)
    being_written(origin(local), "refs/tags/v0.2.0", f"git update-ref refs/tags/v0.2.0 {commit}" if commit else "true")
    if ends_as == "HEAD~1":
        with pytest.raises(Stage6Error) as refused:
            tag(opened(local), tagging(local, local.head if reserved else None))
        assert refused.value.code == "TAG_TAKEN"
    else:
        tag(opened(local), tagging(local, local.head if reserved else None))
        assert refs(local) == {"refs/tags/v0.2.0"}
        assert git(origin(local), "rev-parse", "refs/tags/v0.2.0^{commit}") == local.head


@pytest.fixture
def with_commit(local: Drawn) -> Tagging:
    """A release with a commit of its own on top of main's head, which only this clone has yet."""
    head = local.head
    on_top = local.git("commit-tree", "-p", head, "-m", "release", f"{head}^{{tree}}")
    at_commit = release(local)._replace(commit=on_top)
    return Tagging(at_commit, head, "main", make_tag(opened(local), at_commit, MESSAGE), head)


def test_a_branch_that_another_run_moved_to_our_commit_gets_its_tag(local: Drawn, with_commit: Tagging) -> None:
    """git writes the refs of one push one after the other, the branch first."""
    local.git("push", "--quiet", "origin", f"{with_commit.release.commit}:refs/heads/main")
    check_push(opened(local), with_commit)
    assert tag(opened(local), with_commit)
    assert git(origin(local), "rev-parse", "refs/tags/v0.2.0^{commit}") == with_commit.release.commit


def test_a_branch_that_moved_on_otherwise_is_said_before_anything_is_published(
    local: Drawn, with_commit: Tagging
) -> None:
    git(origin(local), "update-ref", "refs/heads/main", "HEAD~1")
    for push in (check_push, tag):
        with pytest.raises(Stage6Error) as refused:
            push(opened(local), with_commit)
        assert refused.value.code == "BRANCH_MOVED"


# Signed tags


@pytest.fixture
def signers(tmp_path: Path) -> Mapping[str, str]:
    """An ssh key, and the settings with which git signs by it."""
    import subprocess

    key = tmp_path / "key"
    quiet = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "bot@example.com", "-f", str(key))
    subprocess.run(quiet, check=True)
    allowed = tmp_path / "allowed"
    allowed.write_text(f"bot@example.com {key.with_suffix('.pub').read_text()}")
    return {
        "gpg.format": "ssh",
        "user.signingKey": str(key),
        "user.name": "Bot",
        "user.email": "bot@example.com",
        "gpg.ssh.allowedSignersFile": str(allowed),
    }


def signed(local: Drawn, settings: Mapping[str, str], *, configured: bool = False) -> bool:
    """Whether the tag that is pushed bears a good signature."""
    for key, value in settings.items():
        local.git("config", key, value)
    made = make_tag(opened(local), release(local), MESSAGE, sign=configured)
    assert local.git("for-each-ref", "refs/tags") == ""
    tag(opened(local), Tagging(release(local), local.head, "", made))
    recorded = recorded_package(opened(local), "v0.2.0")
    assert recorded is not None
    assert recorded.digest == DIGEST
    assert recorded_notes(opened(local), "v0.2.0") == "## 0.2.0\n\n# a heading\n"
    assert git(origin(local), "cat-file", "tag", "v0.2.0").splitlines()[3].startswith("tagger ")
    if "SIGNATURE" not in local.git("cat-file", "tag", "v0.2.0"):
        return False
    local.git("verify-tag", "v0.2.0")
    return True


def test_a_tag_is_signed_where_git_signs_tags(local: Drawn, signers: Mapping[str, str]) -> None:
    assert signed(local, {**signers, "tag.gpgSign": "true"})


def test_a_tag_is_signed_where_the_repository_wants_it(local: Drawn, signers: Mapping[str, str]) -> None:
    assert signed(local, signers, configured=True)


def test_a_tag_is_not_signed_where_nobody_wants_it(local: Drawn, signers: Mapping[str, str]) -> None:
    assert not signed(local, signers)


def test_settings_that_git_includes_for_this_repository_sign(
    local: Drawn, signers: Mapping[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    included = tmp_path / "included"
    for key, value in {**signers, "tag.gpgSign": "true"}.items():
        local.git("config", "--file", str(included), key, value)
    personal = tmp_path / "gitconfig"
    personal.write_text(f'[includeIf "gitdir:{local.path}/"]\n\tpath = {included}\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(personal))
    assert "SIGNATURE" in local.git("cat-file", "tag", make_tag(opened(local), release(local), MESSAGE))


def test_a_tag_of_a_sha256_repository_is_signed(tmp_path: Path, signers: Mapping[str, str]) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=main", "--object-format=sha256", "repo")
    repo = Drawn(tmp_path / "repo").draw("feat: a [x]")
    assert signed_object(repo, signers)


def signed_object(repo: Drawn, settings: Mapping[str, str]) -> bool:
    for key, value in settings.items():
        repo.git("config", key, value)
    made = make_tag(opened(repo), release(repo), MESSAGE, sign=True)
    return "SIGNATURE" in repo.git("cat-file", "tag", made)


def test_the_users_own_program_signs(local: Drawn, tmp_path: Path) -> None:
    program = tmp_path / 'my \\"gpg'
    program.write_text(
        "#!/bin/sh\ncat >/dev/null\necho '-----BEGIN PGP SIGNATURE-----'\necho '[GNUPG:] SIG_CREATED ' >&2\n"
    )
    program.chmod(0o755)
    local.git("config", "gpg.program", str(program))
    made = make_tag(opened(local), release(local), MESSAGE, sign=True)
    assert local.git("cat-file", "tag", made).endswith("-----BEGIN PGP SIGNATURE-----")


@pytest.mark.parametrize(("script", "code"), [("exit 1", "TAG_UNSIGNED"), ("sleep 60", "SIGNER_SILENT")])
def test_what_cannot_be_signed_is_an_error(
    local: Drawn, tmp_path: Path, script: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jetscale_cicd.tools.git import client
    from jetscale_cicd.tools.git.process import Patience

    monkeypatch.setitem(client._PATIENCE, "tag", Patience(0.6, 60))
    program = tmp_path / "gpg"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    local.git("config", "gpg.program", str(program))
    with pytest.raises(Stage6Error) as unsigned:
        make_tag(opened(local), release(local), MESSAGE, sign=True)
    assert unsigned.value.code == code
