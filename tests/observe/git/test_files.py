"""Files of a commit: exactly the committed bytes, links followed inside the commit, nothing from outside it."""

import os
from pathlib import Path

import pytest

from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.observe.git.files import export, find_file, linked_paths, read_files
from tests.support.history import Drawn, draw, opened

CHART = "charts/app"


@pytest.fixture
def repo(tmp_path: Path) -> Drawn:
    return draw(tmp_path / "repo", "feat: a [charts/app/Chart.yaml charts/app/values.yaml]")


def exported(repo: Drawn) -> dict[str, bytes]:
    out = repo.path.parent / "out"
    export(opened(repo), repo.head, CHART, out)
    return {str(file.relative_to(out)): file.read_bytes() for file in out.rglob("*") if not file.is_dir()}


def link(repo: Drawn, path: str, target: str) -> Drawn:
    file = repo.path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.symlink_to(target)
    repo.commit("fix: link")
    return repo


def refusal(repo: Drawn) -> str:
    with pytest.raises(ConfigurationError) as refused:
        exported(repo)
    return refused.value.code


@pytest.mark.parametrize("setting", ["core.autocrlf=true", "core.eol=crlf", "filter.shout.smudge=tr a-z A-Z"])
@pytest.mark.parametrize("place", [".gitattributes", ".git/info/attributes"])
def test_the_committed_bytes_are_exported_whatever_a_checkout_would_make_of_them(
    repo: Drawn, setting: str, place: str
) -> None:
    committed = b"a: 1\nb: \xff\r\nc: $Format:%H$ $Id$\n"
    repo.write("charts/app/values.yaml", committed)
    repo.commit("fix: bytes")
    repo.write(place, "* text filter=shout ident export-subst\n")
    if place == ".gitattributes":
        repo.git("add", place)
        repo.git("commit", "--quiet", "--message", "chore: attributes")
    repo.git("config", *setting.split("=", 1))
    assert exported(repo)["values.yaml"] == committed


def test_a_file_marked_export_ignore_is_exported(repo: Drawn) -> None:
    repo.write("charts/app/.gitattributes", "values.yaml export-ignore\n")
    repo.commit("chore: attributes")
    assert "values.yaml" in exported(repo)


def test_what_is_not_committed_is_not_exported(repo: Drawn) -> None:
    repo.write("charts/app/untracked", "x")
    repo.write("charts/app/values.yaml", "edited")
    assert exported(repo) == {
        name: repo.git("show", f"HEAD:{CHART}/{name}").encode() + b"\n" for name in exported(repo)
    }
    assert set(exported(repo)) == {"Chart.yaml", "values.yaml"}


def test_a_neighbour_with_the_same_beginning_is_not_exported(repo: Drawn) -> None:
    repo.draw("fix: b [charts/app2/x charts/app.yaml charts/APP/x]")
    assert set(exported(repo)) == {"Chart.yaml", "values.yaml"}


@pytest.mark.parametrize("name", [b"caf\xe9", b"-rf", b"a\nb", b'"q"', b"a b", b"*", b":(top)x", b"a\\b"])
def test_a_file_of_any_name_is_exported(repo: Drawn, name: bytes) -> None:
    repo.write(os.fsdecode(b"charts/app/" + name), "x")
    repo.commit("fix: odd name")
    assert exported(repo)[os.fsdecode(name)] == b"x"


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("charts/app/link", "values.yaml"),
        ("charts/app/link", "../../shared/file"),
        ("charts/app/files/link", "../../../shared/file"),
        ("charts/app/link", "./x/../../app/../../shared/file"),
    ],
)
def test_a_symlink_is_exported_as_the_file_of_the_commit_that_it_names(repo: Drawn, path: str, target: str) -> None:
    repo.write("shared/file", "number: 0\n")
    content = exported(link(repo, path, target))
    assert content[path.removeprefix(f"{CHART}/")] == b"number: 0\n"


def test_a_chain_of_symlinks_is_followed(repo: Drawn) -> None:
    repo.write("shared/file", "shared")
    link(repo, "middle", "shared/file")
    assert exported(link(repo, "charts/app/link", "../../middle"))["link"] == b"shared"


@pytest.mark.parametrize("target", ["/etc/hostname", "../../../outside", "../../..", "a/../../../../../etc/passwd"])
def test_a_symlink_out_of_the_repository_is_refused(repo: Drawn, target: str) -> None:
    assert refusal(link(repo, "charts/app/link", target)) == "LINK_ESCAPES"


@pytest.mark.parametrize("target", ["missing", "link", "../app", "../../charts", ".", "other"])
def test_a_symlink_that_ends_at_no_file_is_refused(repo: Drawn, target: str) -> None:
    link(repo, "charts/app/other", "link")
    assert refusal(link(repo, "charts/app/link", target)) == "LINK_BROKEN"


def test_an_uncommitted_target_of_a_symlink_does_not_count(repo: Drawn) -> None:
    repo.write(".gitignore", "local\n")
    repo.write("local", "secret")
    assert refusal(link(repo, "charts/app/link", "../../local")) == "LINK_BROKEN"


@pytest.mark.parametrize("path", ["charts/app/sub", "sub"])
def test_a_submodule_is_refused_in_the_chart_and_behind_a_link(repo: Drawn, path: str) -> None:
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{repo.head},{path}")
    if path == "sub":
        (repo.path / "charts/app/link").symlink_to("../../sub")
        repo.git("add", "charts/app/link")
    repo.git("commit", "--quiet", "--message", "fix: submodule")
    assert refusal(repo) == "SUBMODULE"


@pytest.mark.parametrize("inside", [b"..", b".git", b".GIT", b"."])
def test_a_path_that_git_itself_would_refuse_to_check_out_is_refused(repo: Drawn, inside: bytes) -> None:
    blob = repo.git("rev-parse", "HEAD:charts/app/values.yaml")
    below = repo.git("mktree", "-z", stdin=b"100644 blob " + blob.encode() + b"\tx\0")
    trees = [f"040000 tree {below}\t{os.fsdecode(inside)}", "040000 tree {}\tapp", "040000 tree {}\tcharts"]
    for line in trees:
        below = repo.git("mktree", stdin=line.format(below).encode() + b"\n")
    commit = repo.git("commit-tree", below, "-m", "hostile")
    with pytest.raises(ConfigurationError) as refused:
        export(opened(repo), commit, CHART, repo.path.parent / "out")
    assert refused.value.code == "HOSTILE_PATH"
    assert not (repo.path.parent / "x").exists()


def test_a_commit_without_the_chart_is_refused(repo: Drawn) -> None:
    repo.draw("chore: remove [-charts/app/Chart.yaml -charts/app/values.yaml]")
    assert refusal(repo) == "CHART_MISSING"


def test_files_are_read_in_the_order_asked_and_none_for_the_missing(repo: Drawn) -> None:
    repo.write("b", "B")
    repo.commit("fix: b", c="C")
    assert read_files(opened(repo), repo.head, ("c", "missing", "b", "charts")) == (b"C", None, b"B", None)


def test_a_file_behind_a_link_is_found(repo: Drawn) -> None:
    entry = find_file(opened(link(repo, "values", "charts/app/values.yaml")), repo.head, "values")
    assert entry is not None
    assert entry.path == b"charts/app/values.yaml"


def test_links_are_known_by_every_path_that_they_lead_through(repo: Drawn) -> None:
    repo.write("shared/file", "x")
    link(repo, "middle", "shared/file")
    link(repo, "charts/app/a", "../../middle")
    link(repo, "charts/app/broken", "../../missing")
    link(repo, "charts/app/out", "/etc/hostname")
    link(repo, "charts/app/loop", "loop")
    through = linked_paths(opened(repo), repo.head, opened(repo).tree(repo.head, CHART))
    assert through[b"middle"] == through[b"shared/file"] == [b"charts/app/a"]
    assert set(through) == {b"middle", b"shared/file", b"missing", b"charts/app/loop"}


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "4d" * 32 + "\nsize 12345\n"


@pytest.mark.parametrize(
    "path", ["templates/a.yaml", "Chart.yaml", "charts/sub-1.0.0.tgz", "charts/sub/templates/a.yaml", ".helmignore"]
)
def test_a_pointer_is_refused_by_the_name_of_its_file(repo: Drawn, path: str) -> None:
    repo.write(f"{CHART}/{path}", POINTER)
    repo.commit("fix: track")
    with pytest.raises(ConfigurationError) as refused:
        exported(repo)
    assert (refused.value.code, refused.value.where) == ("POINTER", f"{CHART}/{path}")


def test_a_link_to_a_pointer_is_refused(repo: Drawn) -> None:
    repo.write("shared.yaml", POINTER)
    assert refusal(link(repo, "charts/app/l.yaml", "../../shared.yaml")) == "POINTER"


def test_a_pointer_that_helmignore_keeps_out_is_nobodys_business(repo: Drawn) -> None:
    repo.write(f"{CHART}/.helmignore", "*.png\n")
    repo.write(f"{CHART}/logo.png", POINTER)
    repo.commit("docs: logo")
    assert "logo.png" not in exported(repo)


def submodule(repo: Drawn, path: str) -> Drawn:
    repo.git("rm", "-r", "--quiet", "--ignore-unmatch", path)
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},{path}")
    repo.git("commit", "--quiet", "--message", "feat: submodule")
    return repo


@pytest.mark.parametrize("path", ["charts", "charts/app", "charts/app/templates"])
def test_a_chart_in_a_submodule_or_around_one_is_refused_by_the_submodules_name(repo: Drawn, path: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        exported(submodule(repo, path))
    assert (refused.value.code, refused.value.where) == ("SUBMODULE", path)


def test_a_link_into_a_submodule_is_refused_by_the_submodules_name(repo: Drawn) -> None:
    link(repo, "charts/app/l.yaml", "../../shared/a.yaml")
    with pytest.raises(ConfigurationError) as refused:
        exported(submodule(repo, "shared"))
    assert (refused.value.code, refused.value.where) == ("SUBMODULE", "shared")


def test_a_file_that_is_read_is_refused_where_it_is_a_pointer_or_in_a_submodule(repo: Drawn) -> None:
    repo.write("envs/live/values.yaml", POINTER)
    repo.commit("feat: values")
    submodule(repo, "shared")
    for path, code in (("envs/live/values.yaml", "POINTER"), ("shared/values.yaml", "SUBMODULE")):
        with pytest.raises(ConfigurationError) as refused:
            read_files(opened(repo), repo.head, (path,))
        assert refused.value.code == code
