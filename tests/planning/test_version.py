"""Which commits since the latest release ask for a version, in real histories."""

import os
from pathlib import Path
from typing import cast

import pytest

from jetscale_cicd.build.package import Packager
from jetscale_cicd.config.release_rules import ReleaseRules, read_release_rules
from jetscale_cicd.config.settings import ChartSettings
from jetscale_cicd.model.plan import VersionChoice
from jetscale_cicd.model.release import Absent, Release
from jetscale_cicd.model.version import Level, Version
from jetscale_cicd.observe.git.releases import Releases, find_releases
from jetscale_cicd.observe.git.repository import Repository
from jetscale_cicd.planning.version import choose, resolve_version
from jetscale_cicd.tools.git import open_repository
from jetscale_cicd.tools.redact import Redactor
from jetscale_cicd.tools.registry.downloads import Downloads
from jetscale_cicd.tools.registry.interface import Registry
from tests.support.history import draw


def open_(path: Path) -> Repository:
    """A repository, offline."""
    return Repository(open_repository(path, network=False, redact=Redactor.of(())))


def choice_in(path: Path, rules: ReleaseRules | None = None, chart: ChartSettings | None = None) -> VersionChoice:
    """The version that Stage 6 chooses for HEAD of a repository."""
    repository = open_(path)
    head = repository.commit("HEAD")
    releases = find_releases(repository, "v{version}", head, ask_remote=False)
    return choose(repository, chart or ChartSettings(), rules or ReleaseRules(), releases.latest, head)


class TestWhichCommitsAsk:
    """The traps of choosing a version, on real repositories."""

    def test_only_those_that_touch_the_chart(self, tmp_path: Path) -> None:
        draw(tmp_path, "feat: a [charts/app/a]", "tag v1.0.0", "feat!: b [docs/b]", "fix: c [charts/app/c]")
        chosen = choice_in(tmp_path)
        assert str(chosen.version) == "1.0.1"
        assert [commit.commit.subject for commit in chosen.commits] == ["fix: c"]

    def test_a_merge_commit_does_not_but_what_it_merges_does(self, tmp_path: Path) -> None:
        drawn = draw(
            tmp_path,
            *("feat: a [charts/app/a]", "tag v1.0.0", "branch topic", "fix: b [charts/app/b]"),
            *("checkout main", "docs: c [docs/c]"),
        )
        drawn.git("merge", "--quiet", "--no-ff", "--message", "feat!: merge it all", "topic")
        chosen = choice_in(tmp_path)
        assert str(chosen.version) == "1.0.1"
        assert [commit.commit.subject for commit in chosen.commits] == ["fix: b"]

    def test_a_merge_commit_asks_where_the_configuration_counts_merges(self, tmp_path: Path) -> None:
        drawn = draw(tmp_path, "feat: a [charts/app/a]", "tag v0.1.0", "branch topic", "wip [charts/app/b]")
        drawn.draw("checkout main")
        drawn.git("merge", "--quiet", "--no-ff", "--message", "feat!: merge it all", "topic")
        assert str(choice_in(tmp_path).version) == "0.1.1"
        counted = ReleaseRules(parser_options={"ignore_merge_commits": False})
        assert str(choice_in(tmp_path, counted).version) == "1.0.0"
        angular = read_release_rules(
            "[tool.semantic_release]\nallow_zero_version = true\ncommit_parser = 'angular'\n", None
        )
        assert str(choice_in(tmp_path, angular).version) == "1.0.0"

    def test_a_merge_that_leaves_the_chart_alone_does_not_ask(self, tmp_path: Path) -> None:
        drawn = draw(tmp_path, "feat: a [charts/app/a]", "tag v0.1.0", "branch topic", "wip [docs/b]", "checkout main")
        drawn.git("merge", "--quiet", "--no-ff", "--message", "feat!: merge it all", "topic")
        drawn.draw("fix: c [charts/app/c]")
        counted = ReleaseRules(parser_options={"ignore_merge_commits": False})
        assert str(choice_in(tmp_path, counted).version) == "0.1.1"

    @pytest.mark.parametrize(
        ("pyproject", "own", "expected"),
        [
            (None, None, "0.2.0"),
            (None, True, "1.0.0"),
            ("", None, "1.0.0"),
            ("major_on_zero = false\n", None, "0.2.0"),
            ("major_on_zero = false\n", True, "1.0.0"),
            ("", False, "0.2.0"),
        ],
    )
    def test_a_breaking_change_of_0_is_minor_unless_a_configuration_makes_it_major(
        self, tmp_path: Path, pyproject: str | None, own: bool | None, expected: str
    ) -> None:
        draw(tmp_path, "feat: a [charts/app/a]", "tag v0.1.0", "fix!: b [charts/app/b]")
        section = None if pyproject is None else f"[tool.semantic_release]\nallow_zero_version = true\n{pyproject}"
        chosen = choice_in(tmp_path, read_release_rules(section, None), ChartSettings(major_on_zero=own))
        assert str(chosen.version) == expected
        assert "major_on_zero" in chosen.why

    def test_a_commit_and_its_revert_both_speak(self, tmp_path: Path) -> None:
        draw(
            tmp_path,
            *("feat: a [charts/app/a]", "tag v1.0.0", "feat: b [charts/app/b]", "fix: drop b [-charts/app/b]"),
        )
        assert str(choice_in(tmp_path).version) == "1.1.0"

    def test_paths_that_are_not_ascii_count(self, tmp_path: Path) -> None:
        draw(tmp_path, "feat: a [charts/app/a]", "tag v1.0.0", "feat: b [charts/app/größe/日本.yaml]")
        assert str(choice_in(tmp_path).version) == "1.1.0"

    def test_the_working_directory_does_not_matter(self, tmp_path: Path) -> None:
        draw(tmp_path, "feat: a [charts/app/a docs/x]", "tag v1.0.0", "feat: b [charts/app/b]")
        assert choice_in(tmp_path / "docs") == choice_in(tmp_path / "charts" / "app") == choice_in(tmp_path)

    def test_a_detached_head_is_a_commit_like_any_other(self, tmp_path: Path) -> None:
        drawn = draw(
            tmp_path, "feat: a [charts/app/a]", "tag v1.0.0", "feat: b [charts/app/b]", "fix: c [charts/app/c]"
        )
        drawn.git("checkout", "--quiet", "--detach", "HEAD~1")
        assert str(choice_in(tmp_path).version) == "1.1.0"

    @pytest.mark.parametrize(
        "tag", ["v2.0.0-rc.1", "v2.0", "2.0.0", "xv2.0.0", "v2.0.0-old", "v02.0.0", "v2.0.0.0", "V2.0.0"]
    )
    def test_a_tag_that_is_no_release_is_never_the_latest(self, tmp_path: Path, tag: str) -> None:
        draw(
            tmp_path, "feat: a [charts/app/a]", "tag v1.0.0", "fix: b [charts/app/b]", f"tag {tag}", "fix: c [charts/c]"
        )
        assert str(choice_in(tmp_path).version) == "1.0.1"

    def test_the_highest_of_many_tags_counts_in_numbers(self, tmp_path: Path) -> None:
        draw(tmp_path, "feat: a [charts/app/a]", "tag v1.9.0", "tag v1.10.0", "tag v1.2.0", "fix: b [charts/app/b]")
        assert str(choice_in(tmp_path).version) == "1.10.1"

    def test_a_release_of_another_branch_is_not_the_latest(self, tmp_path: Path) -> None:
        drawn = draw(tmp_path, "feat: a [charts/app/a]", "tag v1.0.0", "branch other")
        for number in range(5):
            drawn.draw(f"feat: {number} [charts/app/{number}]", f"tag v2.{number}.0")
        drawn.draw("checkout main", "fix: b [charts/app/b]")
        assert str(choice_in(tmp_path).version) == "1.0.1"

    def test_the_users_git_configuration_changes_nothing(self, tmp_path: Path) -> None:
        drawn = draw(tmp_path, "feat: a [charts/app/a]", "tag v1.0.0", "feat: größer [charts/app/ö]")
        before = choice_in(tmp_path)
        for key, value in {
            "log.showSignature": "true",
            "core.quotePath": "true",
            "log.follow": "true",
            "log.decorate": "full",
            "format.pretty": "oneline",
            "i18n.logOutputEncoding": "latin1",
            "color.ui": "always",
            "log.mailmap": "true",
            "diff.noprefix": "true",
            "log.date": "relative",
            "notes.displayRef": "*",
            "log.excludeDecoration": "*",
        }.items():
            drawn.git("config", key, value)
        drawn.git("notes", "add", "--message", "feat!: a note is no message")
        assert choice_in(tmp_path) == before
        assert str(before.version) == "1.1.0"
        assert before.commits[0].commit.message == "feat: größer"

    @pytest.mark.skipif(os.sep != "/", reason="needs names that only POSIX has")
    def test_names_that_are_no_text_count(self, tmp_path: Path) -> None:
        drawn = draw(tmp_path, "feat: a [charts/app/a]", "tag v1.0.0")
        drawn.write(os.fsdecode(b"charts/app/\xff"), "x")
        drawn.write(os.fsdecode(b"charts/app/a\nb"), "x")
        drawn.git("add", "--all")
        drawn.git("commit", "--quiet", "--message", "feat: odd names")
        assert str(choice_in(tmp_path).version) == "1.1.0"


class Empty:
    """A registry that holds nothing."""

    def lookup(self, chart: str, version: str) -> Absent:
        return Absent()


def test_the_releases_are_not_compared_with_each_other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where each was, a publish after 10,000 releases took half a minute longer."""
    count, compared = 500, list[int]()
    every = tuple(Release(Version(0, 1, number), f"v0.1.{number}", f"{number:040}") for number in range(count))
    releases = Releases(latest=every[-1], all=every[::-1], published=every[::-1])
    original = Release.__eq__

    def counted(one: Release, other: object) -> bool:
        compared.append(1)
        return original(one, other)

    monkeypatch.setattr(Release, "__eq__", counted)
    choice = VersionChoice(version=Version(0, 1, count), level=Level.PATCH, why="")
    downloads, packager = Downloads(cast("Registry", Empty()), tmp_path), cast("Packager", None)
    resolved = resolve_version(choice, "app", "f" * 40, releases, downloads=downloads, packager=packager)
    assert resolved.choice is choice
    assert len(compared) <= count
