"""Questions to git about real repositories: what changed, which releases exist, what a name means."""

import os
from pathlib import Path

import pytest

from jetscale_cicd.decide.scope import Globs
from jetscale_cicd.errors import CannotTellError, ConfigurationError, Stage6Error
from jetscale_cicd.model.change import Change, Comparison
from jetscale_cicd.tools.git import REDIRECTING, open_repository
from jetscale_cicd.tools.redact import Redactor
from tests.support.history import Drawn, draw, git, opened

ALL = ("**",)
GITLINK = "1234567890123456789012345678901234567890"
# Settings that change what porcelain prints, orders, follows or hides.
OPINIONS = {
    "core.quotePath": "true",
    "core.attributesFile": "hostile-attributes",
    "core.ignoreCase": "true",
    "core.useReplaceRefs": "true",
    "color.ui": "always",
    "diff.algorithm": "patience",
    "diff.external": "false",
    "diff.ignoreSubmodules": "all",
    "diff.mnemonicPrefix": "true",
    "diff.noprefix": "true",
    "diff.orderFile": "hostile-order",
    "diff.relative": "true",
    "diff.renames": "copies",
    "diff.submodule": "log",
    "format.pretty": "oneline",
    "i18n.logOutputEncoding": "ISO-8859-1",
    "log.decorate": "full",
    "log.follow": "true",
    "log.mailmap": "true",
    "log.showSignature": "true",
    "notes.displayRef": "*",
    "submodule.recurse": "true",
    "tag.sort": "version:refname",
    "versionsort.suffix": "-",
}


def changed(repo: Drawn, base: str | None = "HEAD~1", head: str = "HEAD") -> dict[bytes, Change]:
    repository = opened(repo)
    old = repository.commit(base) if base else None
    changes = repository.changes(Comparison(old, repository.commit(head), "test"), ALL)
    assert changes.count == len(changes.watched)
    return {change.path: change for change in changes.watched}


def statuses(repo: Drawn, base: str | None = "HEAD~1") -> dict[str, str]:
    return {os.fsdecode(path): change.status for path, change in changed(repo, base).items()}


def released(repo: Drawn, tag_format: str = "v{version}", merged: tuple[str, ...] = ()) -> list[str]:
    return [release.tag for release in opened(repo).releases(tag_format, merged)]


@pytest.fixture
def repo(tmp_path: Path) -> Drawn:
    return draw(tmp_path / "repo", "feat: a [charts/app/values.yaml charts/app/b.yaml]")


def test_added_modified_and_deleted_paths_have_their_status(repo: Drawn) -> None:
    repo.draw("fix: b [charts/app/new charts/app/values.yaml -charts/app/b.yaml]")
    expected = {"charts/app/b.yaml": "D", "charts/app/new": "A", "charts/app/values.yaml": "M"}
    assert statuses(repo) == expected


def test_a_rename_is_a_deletion_and_an_addition(repo: Drawn) -> None:
    repo.git("mv", "charts/app/values.yaml", "values.yaml")
    repo.commit("refactor: move")
    assert statuses(repo) == {"charts/app/values.yaml": "D", "values.yaml": "A"}


def test_only_watched_paths_are_kept_and_all_are_counted(repo: Drawn) -> None:
    repo.draw("docs: b [README.md docs/a charts/app/values.yaml]")
    repository = opened(repo)
    ends = Comparison(repository.commit("HEAD~1"), repository.commit("HEAD"), "test")
    changes = repository.changes(ends, ("charts/**",))
    assert (changes.count, [change.path for change in changes.watched]) == (3, [b"charts/app/values.yaml"])


@pytest.mark.parametrize(
    "name",
    [b"caf\xc3\xa9", b"caf\xe9", b'a "quoted" name', b"-rf", b"line\nbreak", b"tab\there", b":(top)magic", b"a\\b"],
)
def test_every_name_arrives_byte_by_byte(repo: Drawn, name: bytes) -> None:
    repo.write(os.fsdecode(b"charts/app/" + name), "x")
    repo.commit("fix: odd name")
    assert list(changed(repo)) == [b"charts/app/" + name]


def test_a_mode_only_change_is_a_change(repo: Drawn) -> None:
    repo.git("update-index", "--chmod=+x", "charts/app/values.yaml")
    repo.git("commit", "--quiet", "--message", "fix: executable")
    change = changed(repo)[b"charts/app/values.yaml"]
    assert (change.status, change.old_mode, change.new_mode) == ("M", "100644", "100755")
    assert change.old_blob == change.new_blob


def test_a_file_that_becomes_a_symlink_changes_its_type(repo: Drawn) -> None:
    (repo.path / "charts/app/b.yaml").unlink()
    (repo.path / "charts/app/b.yaml").symlink_to("values.yaml")
    repo.commit("fix: link")
    change = changed(repo)[b"charts/app/b.yaml"]
    assert (change.status, change.new_mode) == ("T", "120000")


@pytest.mark.parametrize("watch", ["charts/**/a*/**/*b", "*a*a*a*b", "**/*/**/*/**/*/b"])
def test_a_pattern_that_git_takes_for_ever_to_match_is_matched_here(tmp_path: Path, watch: str) -> None:
    deep = "charts/" + "a/" * 200
    drawn = draw(
        tmp_path / "repo", f"feat: 0 [{deep}x]", "fix: 1 [charts/x/ab/b]", f"fix: 2 [{deep}y]", "fix: 3 [aaab]"
    )
    repository = opened(drawn)
    by_git = set(drawn.git("ls-files", "--", ":(glob)charts/x/**", "aaab").splitlines())
    wanted = {path for path in by_git if Globs((watch,)).rule(path.encode())}
    assert len(wanted) == 1
    commits = repository.commits(None, drawn.head, (watch,))
    changes = repository.changes(Comparison(None, drawn.head, ""), (watch,))
    assert {change.path.decode() for change in changes.watched} == wanted
    assert [commit.subject for commit in commits] == ["fix: 3" if wanted == {"aaab"} else "fix: 1"]


@pytest.mark.parametrize("ignore", [None, "all", "dirty", "untracked"])
def test_a_submodule_bump_is_a_change_whatever_gitmodules_says(repo: Drawn, ignore: str | None) -> None:
    lines = '[submodule "sub"]\n\tpath = charts/sub\n\turl = ../sub\n' + (f"\tignore = {ignore}\n" if ignore else "")
    repo.write(".gitmodules", lines)
    repo.git("add", "--all")
    for commit in (GITLINK, GITLINK[::-1]):
        repo.git("update-index", "--add", "--cacheinfo", f"160000,{commit},charts/sub")
        repo.git("commit", "--quiet", "--message", "fix: bump")
    assert changed(repo)[b"charts/sub"].new_blob == GITLINK[::-1]


def test_without_a_base_everything_is_new(repo: Drawn) -> None:
    assert statuses(repo, base=None) == {"charts/app/values.yaml": "A", "charts/app/b.yaml": "A"}


def test_a_sha256_repository_is_read_the_same(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=main", "--object-format=sha256", "repo")
    repo = Drawn(tmp_path / "repo").draw("feat: a [charts/app/values.yaml]", "tag v0.1.0")
    release = opened(repo).releases("v{version}", (repo.head,))[0]
    assert (len(release.commit), release.commit) == (64, repo.head)
    assert statuses(repo, base=None) == {"charts/app/values.yaml": "A"}


@pytest.mark.parametrize("place", ["local", "global"])
def test_no_setting_of_the_user_changes_an_answer(
    repo: Drawn, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.write(".gitattributes", "* diff=custom\n")
    repo.git("mv", "charts/app/values.yaml", "charts/app/naïve.yaml")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{GITLINK},charts/sub")
    repo.commit("fix: ünïcode", "charts/app/b.yaml")
    repo.draw("tag v0.1.0", "tag v0.10.0", "tag v0.9.0")

    def answers() -> object:
        repository = opened(repo)
        commits = repository.commits(None, repository.commit("HEAD"), ("charts/app/naïve.yaml",))
        return changed(repo), commits, released(repo)

    before = answers()
    (repo.path / "hostile-order").write_text("*b.yaml\n")
    file = tmp_path / "gitconfig" if place == "global" else repo.path / ".git" / "config"
    for key, value in OPINIONS.items():
        repo.git("config", "--file", str(file), key, value)
    if place == "global":
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(file))
    assert answers() == before


@pytest.mark.parametrize("name", ["GIT_ICASE_PATHSPECS", "GIT_LITERAL_PATHSPECS", "GIT_NOGLOB_PATHSPECS"])
def test_the_meaning_of_a_glob_does_not_hang_on_the_environment(
    repo: Drawn, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = repo.commit("fix: b", "CHARTS/app/values.yaml")
    monkeypatch.setenv(name, "1")
    found = opened(repo).commits(None, head, ("charts/**",))
    assert [commit.message for commit in found] == ["feat: a"]


def test_replaced_objects_are_ignored(repo: Drawn) -> None:
    repo.draw("fix: b [charts/app/values.yaml]")
    repo.git("replace", "HEAD", "HEAD~1")
    assert statuses(repo) == {"charts/app/values.yaml": "M"}


def test_grafted_history_is_ignored(repo: Drawn) -> None:
    first = repo.head
    repo.draw("fix: b [charts/app/values.yaml]")
    repo.write(".git/info/grafts", f"{repo.head}\n")
    assert opened(repo).is_ancestor(first, repo.head)


def test_a_merge_adds_what_its_branch_brought_and_its_commits(repo: Drawn) -> None:
    repo.draw("branch side", "fix: b [charts/app/b.yaml]", "checkout main", "docs: c [README.md]", "merge side")
    assert statuses(repo) == {"charts/app/b.yaml": "M"}
    commits = opened(repo).commits(repo.git("rev-parse", "HEAD~2"), repo.head, ("charts/**",))
    assert [commit.message for commit in commits] == ["fix: b"]


def test_a_commit_message_that_is_not_utf8_is_readable(repo: Drawn) -> None:
    repo.write("charts/app/values.yaml", "x")
    repo.git("-c", "i18n.commitEncoding=ISO-8859-1", "commit", "--quiet", "--all", "--message", b"fix: caf\xe9")
    commits = opened(repo).commits(repo.git("rev-parse", "HEAD~1"), repo.head, ("charts/**",))
    assert [commit.message for commit in commits] == ["fix: café"]


@pytest.mark.parametrize(
    "tag",
    [
        "rv1.2.3",
        "v1.2.3-old",
        "v01.2.3",
        "v1.2",
        "v1.2.3.4",
        "v1.2.3-rc.1",
        "v1.2.3+build",
        "V1.2.3",
        "v1.2.3 ",
        "vv1.2.3",
    ],
)
def test_a_tag_that_only_looks_like_a_release_is_none(repo: Drawn, tag: str) -> None:
    repo.write(".git/refs/tags/" + tag, repo.head + "\n")
    assert released(repo.draw("tag v0.1.0")) == ["v0.1.0"]


def test_releases_are_ordered_by_version_and_not_by_text(repo: Drawn) -> None:
    assert released(repo.draw("tag v0.9.0", "tag v0.10.0", "tag v0.1.0")) == ["v0.10.0", "v0.9.0", "v0.1.0"]


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_a_release_tag_may_be_lightweight_annotated_or_nested(repo: Drawn, depth: int) -> None:
    named = "HEAD"
    for level in range(depth):
        named = repo.git("rev-parse", named)
        repo.git("tag", "--annotate", "--message", "x", f"level-{level}", named)
        named = f"level-{level}"
    repo.git("update-ref", "refs/tags/v1.0.0", repo.git("rev-parse", named))
    found = opened(repo).releases("v{version}", (repo.head,))
    assert [(release.tag, release.commit) for release in found] == [("v1.0.0", repo.head)]


@pytest.mark.parametrize("target", ["HEAD^{tree}", "HEAD:charts/app/values.yaml"])
@pytest.mark.parametrize("annotated", [(), ("--annotate", "--message", "x")])
def test_a_tag_of_a_tree_or_a_blob_is_no_release(repo: Drawn, target: str, annotated: tuple[str, ...]) -> None:
    repo.git("tag", *annotated, "v9.0.0", target)
    repo.draw("tag v0.1.0")
    assert released(repo) == ["v0.1.0"]
    assert released(repo, merged=(repo.head,)) == ["v0.1.0"]


def test_a_release_of_another_branch_is_not_merged(repo: Drawn) -> None:
    repo.draw("tag v0.1.0", "branch side", "fix: b [charts/app/b.yaml]", "tag v0.2.0", "checkout main")
    assert released(repo, merged=(repo.head,)) == ["v0.1.0"]
    assert released(repo) == ["v0.2.0", "v0.1.0"]


@pytest.mark.parametrize(
    ("tag_format", "tag"),
    [
        ("release/{version}", "release/1.0.0"),
        ("charts/app/v{version}-final", "charts/app/v1.0.0-final"),
        ("{version}", "1.0.0"),
        ("a]b!{version}", "a]b!1.0.0"),
        ("naïve-{version}", "naïve-1.0.0"),
    ],
)
def test_a_tag_format_is_taken_literally(repo: Drawn, tag_format: str, tag: str) -> None:
    for name in (tag, "axb1.0.0", f"x{tag}x", f"other/{tag}"):
        repo.git("tag", name)
    assert released(repo, tag_format) == [tag]


def test_a_branch_that_looks_like_an_option_is_a_name(repo: Drawn) -> None:
    repo.git("update-ref", "refs/heads/-rf", "HEAD")
    assert opened(repo).find("-rf", "--all", "-") == (repo.head, None, None)


@pytest.mark.parametrize("revision", ["", "HEAD HEAD", "HEAD\nHEAD", "HEAD\0", "\t", "\udcff"])
def test_a_revision_with_a_blank_or_a_control_character_is_refused(repo: Drawn, revision: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        opened(repo).find(revision)
    assert refused.value.code == "BAD_REVISION"


@pytest.mark.parametrize(
    "revision", ["HEAD~1", "nothing", "HEAD:charts/app/b.yaml", "HEAD^{tree}", "HEAD..HEAD", "^HEAD"]
)
def test_what_is_no_commit_is_not_found(repo: Drawn, revision: str) -> None:
    assert opened(repo).find(revision, "HEAD") == (None, repo.head)


def test_a_repository_without_commits_says_so(tmp_path: Path) -> None:
    with pytest.raises(CannotTellError) as unborn:
        opened(draw(tmp_path)).commit("HEAD")
    assert unborn.value.code == "NO_COMMITS"


@pytest.mark.parametrize("name", ["~", "$HOME", "a b", 'a"b', "a:b", "naïve", "-C", "a\nb"])
def test_a_repository_may_have_any_name(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = draw(tmp_path / name, "feat: a [charts/app/values.yaml]")
    monkeypatch.chdir(tmp_path)
    found = open_repository(Path(name), network=True, redact=Redactor.of(()))
    assert (found.root, found.ask("rev-parse", "HEAD").decode().strip()) == (repo.path, repo.head)


def test_a_linked_worktree_is_itself_the_root(repo: Drawn, tmp_path: Path) -> None:
    repo.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
    found = opened(Drawn(tmp_path / "linked")).git
    assert (found.root, found.common_dir.resolve()) == (tmp_path / "linked", repo.path / ".git")


@pytest.mark.parametrize("name", REDIRECTING)
def test_an_environment_that_points_git_elsewhere_is_refused(
    repo: Drawn, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "elsewhere")
    with pytest.raises(ConfigurationError) as refused:
        opened(repo)
    assert (refused.value.code, name in refused.value.message) == ("GIT_ENVIRONMENT", True)


def test_the_refused_variables_are_all_that_git_calls_local_to_a_repository(repo: Drawn) -> None:
    # GIT_NO_REPLACE_OBJECTS is local to a repository too, but is what we set ourselves; settings are read as git does.
    local = set(repo.git("rev-parse", "--local-env-vars").split()) - {
        "GIT_NO_REPLACE_OBJECTS",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_CONFIG_COUNT",
        "GIT_CONFIG_PARAMETERS",
    }
    assert local <= set(REDIRECTING)


def test_outside_a_repository_the_error_names_the_directory(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as outside:
        opened(Drawn(tmp_path))
    assert (outside.value.code, outside.value.where) == ("NOT_A_REPOSITORY", str(tmp_path))


def test_a_damaged_object_is_an_error(repo: Drawn) -> None:
    tree = repo.git("rev-parse", "HEAD:charts")
    (repo.path / ".git/objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(Stage6Error) as damaged:
        statuses(repo, base=None)
    assert (damaged.value.exit_status, damaged.value.code) == (8, "GIT_FAILED")


def test_a_blob_that_is_gone_is_an_error(repo: Drawn) -> None:
    with pytest.raises(CannotTellError) as missing:
        opened(repo).blobs([GITLINK])
    assert missing.value.code == "OBJECT_MISSING"
