"""What a change is, and what is none: by content, whatever git calls it."""

import io
import os
import tarfile
from pathlib import Path

import pytest

from tests.story.edges import DOCS, EMPTY, FIX, RELEASE, VALUES, decision, plan, refusal
from tests.support.command import command
from tests.support.history import CHART, draw

pytestmark = pytest.mark.quick(20)


def tgz(values: str, *, mtime: int) -> bytes:
    """An archived subchart."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as tar:
        for name, text in (
            ("sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n"),
            ("sub/values.yaml", values),
        ):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(text), mtime
            tar.addfile(entry, io.BytesIO(text.encode()))
    return raw.getvalue()


GITLINK = "fedcba9876543210fedcba9876543210fedcba98"


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((), "nothing"),
        ((DOCS,), "nothing"),
        (("chore: empty",), "nothing"),
        ((FIX,), "publish"),
        ((VALUES,), "redeploy"),
        ((FIX, VALUES), "publish"),
        (("fix: deleted [-charts/app/values.yaml]",), "publish"),
        (("feat: preview [envs/preview/values.yaml]",), "nothing"),
        (("chore: near [charts.yaml envs/live.yaml chart/app/x CHARTS/app/x]",), "nothing"),
        (("branch b", FIX, "checkout main", DOCS, "merge b"), "publish"),
        (("branch b", VALUES, "checkout main", DOCS, "merge b"), "redeploy"),
        (("branch b", FIX, "checkout main", "branch c", VALUES, "checkout main", DOCS, "merge b c"), "publish"),
        (("branch b", DOCS, "checkout main", "branch c", VALUES, "checkout main", "merge b c"), "redeploy"),
        (("branch b", FIX, "tag v0.2.0", "checkout main", DOCS), "nothing"),
        (("branch b", FIX, "tag v0.2.0", "checkout main", "merge b", DOCS), "nothing"),
    ],
)
def test_the_net_change_since_the_release_decides(tmp_path: Path, steps: tuple[str, ...], expected: str) -> None:
    assert decision(plan(draw(tmp_path, *RELEASE, *steps))) == expected


def test_live_values_that_are_deleted_are_missing_and_not_nothing(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE, "chore: deleted [-envs/live/values.yaml]")
    assert refusal(plan(repo)) == (2, "VALUES_MISSING")
    assert decision(plan(repo, "--since=event", "--base=HEAD~1")) == "redeploy"


def test_a_squash_is_decided_as_the_branch_that_it_holds(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE, "branch b", FIX, "docs: e [x]", "checkout main", DOCS)
    repo.git("merge", "--quiet", "--squash", "b")
    repo.commit("feat: squashed (#5)")
    ended = plan(repo)
    assert (decision(ended), ended.json["version"]) == ("publish", "0.2.0")


def test_a_merge_that_changes_the_chart_by_itself_publishes(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE, "branch b", "docs: e [x]", "checkout main", DOCS)
    repo.git("merge", "--quiet", "--no-ff", "--no-commit", "b")
    repo.commit("Merge b", "charts/app/values.yaml")
    ended = plan(repo)
    assert (decision(ended), ended.json["version"]) == ("publish", "0.1.1")


def test_a_merge_that_drops_its_branchs_change_of_the_chart_does_nothing(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE, "branch b", FIX, "checkout main", DOCS)
    repo.git("merge", "--quiet", "--no-ff", "--strategy=ours", "--message", "Merge b", "b")
    assert decision(plan(repo)) == "nothing"


@pytest.mark.parametrize(
    ("source", "destination", "expected"),
    [
        ("charts/app/values.yaml", "docs/values.yaml", "publish"),
        ("docs/x", "charts/app/x", "publish"),
        ("charts/app/values.yaml", "charts/app/other.yaml", "publish"),
        ("envs/live/values.yaml", "envs/preview/values.yaml", "redeploy"),
        ("docs/x", "envs/live/x", "redeploy"),
        ("docs/x", "docs/y", "nothing"),
    ],
)
def test_a_rename_counts_at_both_ends(tmp_path: Path, source: str, destination: str, expected: str) -> None:
    repo = draw(tmp_path, "docs: x [docs/x]", *RELEASE)
    (repo.path / destination).parent.mkdir(exist_ok=True)
    repo.git("mv", source, destination)
    repo.commit("refactor: move")
    assert decision(plan(repo, "--since=event", "--base=v0.1.0")) == expected


@pytest.mark.parametrize(
    "name", [b"caf\xc3\xa9", b"caf\xe9", b'"quoted"', b"-rf", b"line\nbreak", b"\x1b[31m", b"a\\b"]
)
def test_a_path_of_any_name_counts_and_cannot_forge_output(tmp_path: Path, name: bytes) -> None:
    repo = draw(tmp_path, *RELEASE)
    repo.write(os.fsdecode(b"charts/app/" + name), "x")
    repo.commit("fix: odd name")
    ended = plan(repo)
    reason = ended.json["targets"][0]["reasons"][0]["path"]
    assert (decision(ended), reason.isprintable()) == ("publish", True)
    text = command("plan", EMPTY, cwd=repo.path)
    assert text.status == 0
    assert not set("\x1b\udce9") & set(text.stdout)


@pytest.mark.parametrize("ignore", ["none", "all"])
def test_a_submodule_bump_in_scope_publishes(tmp_path: Path, ignore: str) -> None:
    repo = draw(tmp_path)
    repo.write(".gitmodules", f'[submodule "s"]\n\tpath = charts/s\n\turl = ../s\n\tignore = {ignore}\n')
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{GITLINK},charts/s")
    repo.draw(*RELEASE)
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{GITLINK[::-1]},charts/s")
    repo.git("commit", "--quiet", "--message", "fix: bump")
    repo.git("config", "diff.ignoreSubmodules", "all")
    ended = plan(repo)
    assert (decision(ended), ended.json["targets"][0]["reasons"][0]["path"]) == ("publish", "charts/s")


@pytest.mark.parametrize(
    "path", ["charts/app/values.yaml", "charts/app/Chart.yaml", "envs/live/values.yaml", "charts/x"]
)
def test_a_change_of_a_mode_alone_is_none(tmp_path: Path, path: str) -> None:
    repo = draw(tmp_path, "feat: x [charts/x]", *RELEASE)
    repo.git("update-index", "--chmod=+x", path)
    repo.git("commit", "--quiet", "--message", "fix: executable")
    ended = plan(repo)
    assert decision(ended) == "nothing"
    assert "100644 → 100755" in ended.json["targets"][0]["ignored"][0]["why"]


def test_a_mode_that_changes_with_the_version_alone_is_none(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE)
    chart = repo.path / "charts/app/Chart.yaml"
    chart.write_text(chart.read_text().replace("0.0.0", "0.1.0"))
    chart.chmod(0o755)
    repo.commit("chore: version")
    assert decision(plan(repo)) == "nothing"


@pytest.mark.slow
@pytest.mark.parametrize("file", ["charts/app/values.yaml", "envs/live/values.yaml"])
@pytest.mark.parametrize(("content", "same"), [("number: 0\n", True), ("number: 9\n", False)])
def test_a_symlink_for_a_file_and_back_counts_where_the_bytes_do(
    tmp_path: Path, file: str, content: str, same: bool
) -> None:
    repo = draw(tmp_path, *RELEASE)
    changed = "publish" if file.startswith("charts") else "redeploy"
    assert (repo.path / file).read_text() == "number: 0\n"
    repo.write("shared/one", content)
    repo.write("shared/two", content)
    for target in ("shared/one", "shared/two"):
        (repo.path / file).unlink()
        (repo.path / file).symlink_to(f"../../{target}")
        repo.commit("refactor: share")
        assert decision(plan(repo)) == ("nothing" if same else changed)
    repo.git("tag", "-a", "-m", "v0.2.0", "v0.2.0")
    (repo.path / file).unlink()
    repo.write(file, content)
    repo.commit("refactor: share no more")
    assert decision(plan(repo)) == "nothing"


def test_a_file_that_becomes_a_symlink_to_its_own_text_publishes(tmp_path: Path) -> None:
    repo = draw(tmp_path)
    repo.write("charts/app/link", "Chart.yaml")
    repo.draw(*RELEASE)
    (repo.path / "charts/app/link").unlink()
    (repo.path / "charts/app/link").symlink_to("Chart.yaml")
    repo.commit("fix: link")
    assert decision(plan(repo)) == "publish"


LOCK = (
    "dependencies:\n- {name: x, version: 1.0.0, repository: 'oci://r'}\ndigest: 'sha256:0'\ngenerated: '2026-01-01'\n"
)


@pytest.mark.parametrize(
    ("path", "old", "new", "expected"),
    [
        ("charts/app/Chart.yaml", CHART, CHART.replace("\n", "\r\n"), "nothing"),
        ("charts/app/Chart.yaml", CHART, f"# A comment.\n{CHART}x-team: shop\n", "nothing"),
        ("charts/app/Chart.yaml", CHART, f"{CHART}home: https://shop.test\n", "publish"),
        ("charts/app/Chart.lock", LOCK, "# Ours.\n" + LOCK.replace("\n", "\r\n").replace("'", '"'), "nothing"),
        ("charts/app/Chart.lock", LOCK, LOCK.replace("1.0.0", "1.0.1"), "publish"),
        ("charts/app/charts/sub/Chart.yaml", CHART, f"# A comment.\n{CHART}", "nothing"),
        ("charts/app/charts/sub/Chart.yaml", CHART, CHART.replace("0.0.0", "0.0.1"), "publish"),
        ("charts/app/templates/Chart.yaml", CHART, f"# A comment.\n{CHART}", "publish"),
        ("charts/app/values.yaml", "a: 1\n", "a: 1\r\n", "publish"),
        ("charts/app/charts/sub-1.0.0.tgz", tgz("a: 1\n", mtime=1), tgz("a: 1\n", mtime=2), "nothing"),
        ("charts/app/charts/sub-1.0.0.tgz", tgz("a: 1\n", mtime=1), tgz("a: 2\n", mtime=1), "publish"),
        ("charts/app/charts/sub-1.0.0.tgz", b"broken", b"broken too", "publish"),
        ("charts/app/files/sub-1.0.0.tgz", tgz("a: 1\n", mtime=1), tgz("a: 1\n", mtime=2), "publish"),
    ],
)
def test_what_helm_writes_anew_is_compared_as_helm_reads_it(
    tmp_path: Path, path: str, old: str | bytes, new: str | bytes, expected: str
) -> None:
    repo = draw(tmp_path)
    repo.write("charts/app/Chart.yaml", CHART)
    repo.write(path, old)
    repo.draw("feat: a [envs/live/values.yaml]", "tag v0.1.0")
    repo.write(path, new)
    repo.commit("style: the same again")
    # Some of these charts cannot be packaged, which a plan says with its decision.
    assert plan(repo).json["decision"] == expected


@pytest.mark.parametrize("before", ["submodule", "pointer"])
def test_a_helmignore_that_could_not_be_used_does_not_keep_the_commit_that_mends_it(
    tmp_path: Path, before: str
) -> None:
    repo = draw(tmp_path, *RELEASE)
    if before == "submodule":
        repo.git("rm", "-r", "--quiet", "charts")
        repo.git("update-index", "--add", "--cacheinfo", f"160000,{GITLINK},charts")
        repo.git("commit", "--quiet", "--message", "feat: submodule")
    else:
        repo.write(
            "charts/app/.helmignore", f"version https://git-lfs.github.com/spec/v1\noid sha256:{'4' * 64}\nsize 9\n"
        )
        repo.commit("feat: track")
    repo.git("tag", "-a", "-m", "v0.1.1", "v0.1.1")
    repo.git("rm", "-r", "--quiet", "--cached", "charts")
    repo.write("charts/app/.helmignore", "*.md\n")
    repo.draw("fix: as files [charts/app/Chart.yaml]")
    assert decision(plan(repo)) == "publish"


@pytest.mark.parametrize(
    ("link", "target", "expected"),
    [
        ("charts/app/files/link", "../../../shared/file", "publish"),
        ("charts/app/link", "../../middle", "publish"),
        ("envs/live/values.yaml", "../../shared/file", "redeploy"),
        ("docs/link", "../shared/file", "nothing"),
    ],
)
def test_a_change_of_what_a_packaged_symlink_leads_to_counts(
    tmp_path: Path, link: str, target: str, expected: str
) -> None:
    repo = draw(tmp_path, "feat: s [shared/file]")
    (repo.path / "middle").symlink_to("shared/file")
    file = repo.path / link
    file.parent.mkdir(parents=True, exist_ok=True)
    file.symlink_to(target)
    own = "" if link.startswith("envs") else " envs/live/values.yaml"
    repo.draw(f"feat: a [charts/app/Chart.yaml{own}]", "tag v0.1.0", "fix: shared [shared/file]")
    assert decision(plan(repo)) == expected


def test_a_change_and_its_revert_publish_nothing(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE, FIX, VALUES)
    repo.git("revert", "--no-edit", "HEAD", "HEAD~1")
    assert decision(plan(repo)) == "nothing"


def test_the_revert_of_a_released_change_is_published(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE, FIX, "tag v0.1.1")
    repo.git("revert", "--no-edit", "HEAD")
    ended = plan(repo)
    assert (decision(ended), ended.json["version"]) == ("publish", "0.1.2")


def test_a_file_that_helmignore_keeps_out_is_no_change(tmp_path: Path) -> None:
    repo = draw(tmp_path)
    repo.write("charts/app/.helmignore", "*.md\n")
    repo.draw("feat: a [charts/app/Chart.yaml charts/app/NOTES.md envs/live/values.yaml]", "tag v0.1.0")
    repo.draw("docs: n [charts/app/NOTES.md]")
    ended = plan(repo)
    assert decision(ended) == "nothing"
    assert ended.json["targets"][0]["ignored"][0]["path"] == "charts/app/NOTES.md"


@pytest.mark.parametrize("rules", ["*.md\n", ""])
def test_a_change_of_helmignore_itself_publishes(tmp_path: Path, rules: str) -> None:
    repo = draw(tmp_path)
    repo.write("charts/app/.helmignore", "*.txt\n")
    repo.draw("feat: a [charts/app/Chart.yaml charts/app/NOTES.md envs/live/values.yaml]", "tag v0.1.0")
    repo.write("charts/app/.helmignore", rules)
    assert decision(plan(repo.draw("fix: package [charts/app/NOTES.md]"))) == "publish"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CHART.replace("0.0.0", "9.9.9"), "nothing"),
        (CHART.replace("0.0.0", "9.9.9") + "appVersion: 9.9.9\n", "publish"),
        (CHART.replace("0.0.0", "9.9.9") + "description: new\n", "publish"),
        (CHART + "dependencies:\n- {name: x, version: 1.0.0, repository: 'oci://r'}\n", "publish"),
    ],
)
def test_only_the_stamped_fields_of_the_chart_file_do_not_count(tmp_path: Path, text: str, expected: str) -> None:
    repo = draw(tmp_path)
    repo.write("charts/app/Chart.yaml", CHART)
    repo.draw("feat: a [envs/live/values.yaml]", "tag v0.1.0")
    repo.write("charts/app/Chart.yaml", text)
    repo.commit("chore: chart file")
    # The last of these charts has no lock, which a plan says with its decision.
    assert plan(repo).json["decision"] == expected
