"""The configuration is the commit's: whatever is checked out, and never the defaults where the commit has a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from jetscale_cicd.context import RunContext, open_context
from jetscale_cicd.errors import CannotTellError, ConfigurationError, Stage6Error
from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.model.request import Request
from jetscale_cicd.tools.git.process import start
from tests.support.history import Drawn, bare, clone, draw, git

FILE = ".stage6.yaml"
CHART, OTHER = ("chart: {registry: ../there}\n", "chart: {registry: ../elsewhere}\n")
RULES = "[tool.semantic_release]\ntag_format = 'x{version}'\n"
LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "1" * 64 + "\nsize 9\n"
ANNEX = "/annex/objects/SHA256E-s9--" + "1" * 64 + ".yaml\n"
LOCAL = Event(ci="local", kind=EventKind.LOCAL)


@pytest.fixture
def repo(tmp_path: Path) -> Drawn:
    work = draw(tmp_path / "work", "feat: a [charts/app/x envs/live/values.yaml]")
    work.commit("chore: configure", **{FILE: CHART, "pyproject.toml": RULES})
    return work


@contextmanager
def configured(repo: Drawn | Path, **asked: Any) -> Iterator[RunContext]:
    path = repo if isinstance(repo, Path) else repo.path
    with open_context(Request(**{"repo": path, "event": LOCAL, "network": False, **asked}), lambda _: None) as context:
        yield context


def read(repo: Drawn | Path, **asked: Any) -> tuple[str, str, int]:
    """The registry, the tag format, and how many notes there are."""
    with configured(repo, **asked) as context:
        return context.settings.chart.registry, context.tag_format, len(context.settings.notes)


def refused(repo: Drawn, **asked: Any) -> Stage6Error:
    with pytest.raises(Stage6Error) as error, configured(repo, **asked):
        pass
    return error.value


def test_a_commit_that_is_checked_out_gives_no_note(repo: Drawn) -> None:
    assert read(repo) == ("../there", "x{version}", 0)


@pytest.mark.parametrize("lacked", [(), ("pyproject.toml",), (FILE, "pyproject.toml")])
def test_a_work_tree_that_lacks_files_is_not_asked_and_is_named(repo: Drawn, lacked: tuple[str, ...]) -> None:
    for name in lacked:
        (repo.path / name).unlink()
    assert read(repo) == ("../there", "x{version}", len(lacked))


@pytest.mark.parametrize("mode", ["--cone", "--no-cone"])
def test_a_sparse_checkout_has_the_configuration_of_its_commit(repo: Drawn, tmp_path: Path, mode: str) -> None:
    sparse = clone(bare(repo, tmp_path / "origin.git"), tmp_path / "sparse", "--no-checkout")
    paths = ("charts", "envs") if mode == "--cone" else ("/charts/", "/envs/")
    sparse.git("sparse-checkout", "set", mode, *paths)
    sparse.git("checkout", "--quiet", "main")
    assert (sparse.path / FILE).exists() == (mode == "--cone")  # a cone always has the files of the root
    expected = 0 if mode == "--cone" else 2
    assert read(sparse) == ("../there", "x{version}", expected)
    assert read(sparse, worktree=True) == ("../there", "x{version}", expected)


def test_an_empty_work_tree_and_a_bare_repository_have_the_configuration_of_head(repo: Drawn, tmp_path: Path) -> None:
    origin = bare(repo, tmp_path / "origin.git")
    assert read(origin) == ("../there", "x{version}", 0)
    empty = clone(origin, tmp_path / "empty", "--no-checkout")
    assert read(empty) == ("../there", "x{version}", 2)


def test_another_head_has_its_own_configuration_and_the_work_tree_is_named(repo: Drawn) -> None:
    repo.commit("chore: move", **{FILE: OTHER, "pyproject.toml": ""})
    assert read(repo) == ("../elsewhere", "v{version}", 0)
    assert read(repo, head="HEAD~1") == ("../there", "x{version}", 2)
    with configured(repo, head="HEAD~2") as context:
        assert (context.settings.origins["chart.registry"], context.rules.origin) == ("default", "default")
        assert len(context.settings.notes) == 1


def test_an_edited_work_tree_counts_only_where_it_is_simulated(repo: Drawn) -> None:
    repo.write(FILE, OTHER)
    repo.write("pyproject.toml", RULES.replace("x{", "y{"))
    assert read(repo) == ("../there", "x{version}", 2)
    assert read(repo, worktree=True) == ("../elsewhere", "y{version}", 0)


def test_a_simulation_of_a_work_tree_without_the_file_has_the_defaults_and_says_so(repo: Drawn) -> None:
    (repo.path / FILE).unlink()
    with configured(repo, worktree=True) as context:
        assert context.settings.origins["chart.registry"] == "default"
        assert len(context.settings.notes) == 1


def test_an_uncommitted_file_is_not_read_and_is_named(tmp_path: Path) -> None:
    repo = draw(tmp_path, "feat: a [charts/app/x]")
    repo.write(FILE, CHART)
    with configured(repo) as context:
        assert context.settings.origins["chart.registry"] == "default"
        (note,) = context.settings.notes
        assert FILE in note
    assert read(repo, config=repo.path / FILE)[::2] == ("../there", 0)


def test_other_line_ends_and_other_parts_of_pyproject_are_no_difference(repo: Drawn) -> None:
    repo.write(FILE, CHART.replace("\n", "\r\n"))
    repo.write("pyproject.toml", "[project]\nname = 'x'\n" + RULES)
    assert read(repo)[2] == 0


@pytest.mark.parametrize("name", [FILE, "pyproject.toml"])
def test_a_symlink_is_the_file_of_the_commit_that_it_names(repo: Drawn, name: str) -> None:
    text = (repo.path / name).read_text()
    (repo.path / name).unlink()
    repo.write("config/real", text)
    (repo.path / name).symlink_to("config/real")
    repo.commit("chore: link")
    assert read(repo) == ("../there", "x{version}", 0)
    (repo.path / "config/real").unlink()
    assert read(repo)[:2] == ("../there", "x{version}")


@pytest.mark.parametrize("name", [FILE, "pyproject.toml", "releaserc.toml"])
@pytest.mark.parametrize(
    ("link", "code"), [("/etc/passwd", "LINK_ESCAPES"), ("none", "LINK_BROKEN"), ("charts", "LINK_BROKEN")]
)
def test_a_symlink_to_no_file_of_the_commit_is_an_error(repo: Drawn, name: str, link: str, code: str) -> None:
    (repo.path / name).unlink(missing_ok=True)
    (repo.path / name).symlink_to(link)
    repo.commit("chore: link")
    error = refused(repo)
    assert (type(error), error.code, error.where) == (ConfigurationError, code, name)


@pytest.mark.parametrize("name", [FILE, "pyproject.toml", "releaserc.json"])
@pytest.mark.parametrize(
    ("content", "code"), [(LFS, "POINTER"), (ANNEX, "POINTER"), (b"\xff", "CONFIG_YAML"), (None, "CONFIG_UNREADABLE")]
)
def test_what_is_no_text_is_an_error(repo: Drawn, name: str, content: str | bytes | None, code: str) -> None:
    (repo.path / name).unlink(missing_ok=True)
    repo.write(f"{name}/x" if content is None else name, content or "")
    repo.commit("chore: spoil")
    error = refused(repo)
    assert (type(error), error.code) == (ConfigurationError, code)
    assert error.where.startswith(name)


@pytest.mark.parametrize(
    ("name", "start", "code"),
    [
        (FILE, "#", "CONFIG_YAML"),
        ("pyproject.toml", "# semantic_release", "RELEASE_RULES"),
        ("pyproject.toml", "#", ""),
    ],
)
def test_a_file_that_is_too_large_is_an_error_where_it_would_be_read(
    repo: Drawn, name: str, start: str, code: str
) -> None:
    repo.commit("chore: spoil", **{name: start + "x" * (1 << 21)})
    if code:
        assert refused(repo).code == code
    else:
        assert read(repo)[1] == "v{version}"


def test_a_submodule_in_place_of_the_file_is_an_error(repo: Drawn, tmp_path: Path) -> None:
    inner = draw(tmp_path / "inner", "feat: a [x]")
    repo.git("rm", "--quiet", FILE)
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.path), FILE)
    repo.commit("chore: spoil")
    assert refused(repo).code == "SUBMODULE"


@pytest.mark.parametrize("name", [".stage6.yml", "stage6.yaml"])
def test_a_name_that_is_taken_for_the_files_is_an_error_where_there_is_no_file(repo: Drawn, name: str) -> None:
    repo.commit("chore: beside", **{name: OTHER})
    assert read(repo)[0] == "../there"
    repo.commit("chore: alone", f"-{FILE}")
    error = refused(repo)
    assert (error.code, error.where) == ("CONFIG_NAME", name)


@pytest.mark.parametrize("name", [FILE, "pyproject.toml"])
def test_a_file_that_the_clone_lacks_is_fetched_or_an_error(repo: Drawn, tmp_path: Path, name: str) -> None:
    origin = bare(repo, tmp_path / "origin.git")
    partial = clone(origin, tmp_path / "partial", "--filter=blob:none", "--no-checkout")
    error = refused(partial)
    assert (type(error), error.exit_status) == (CannotTellError, 8)
    assert read(partial, network=True) == ("../there", "x{version}", 2)
    blob = git(repo.path, "rev-parse", f"HEAD:{name}")
    (repo.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    error = refused(repo)
    assert (type(error), error.code) == (CannotTellError, "OBJECT_MISSING")


def test_reading_the_configuration_starts_one_git(repo: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []

    def count(argv: list[str], *args: Any, **options: Any) -> Any:
        started.append(argv)
        return start(argv, *args, **options)

    monkeypatch.setattr("jetscale_cicd.tools.git.client.start", count)
    read(repo)
    assert [argv[-2:] for argv in started] == [["cat-file", "--batch"]]
