"""What a change is, and what is none: by content, whatever git calls it."""

import os
from pathlib import Path

import pytest

from tests.story.edges import DOCS, EMPTY, FIX, RELEASE, VALUES, decision, plan, refusal
from tests.support.command import command
from tests.support.history import CHART, draw

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


def test_a_mode_only_change_of_a_chart_file_publishes(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE)
    repo.git("update-index", "--chmod=+x", "charts/app/values.yaml")
    repo.git("commit", "--quiet", "--message", "fix: executable")
    ended = plan(repo)
    assert decision(ended) == "publish"
    assert "100644 → 100755" in ended.json["targets"][0]["reasons"][0]["why"]


def test_a_file_that_becomes_a_symlink_publishes(tmp_path: Path) -> None:
    repo = draw(tmp_path, *RELEASE)
    (repo.path / "charts/app/values.yaml").unlink()
    (repo.path / "charts/app/values.yaml").symlink_to("Chart.yaml")
    repo.commit("fix: link")
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
        (CHART.replace("0.0.0", "9.9.9") + "appVersion: 9.9.9\n", "nothing"),
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
    assert decision(plan(repo)) == expected
