"""Each command once by an interpreter that starts for it, as a user's does; other tests fork one that has started."""

import re
from pathlib import Path

import pytest

from jetscale_cicd.cli.main import COMMANDS
from tests.conftest import rest_slow
from tests.support.command import command
from tests.support.sample import Sample, small

pytestmark = pytest.mark.quick(6)

WORDS = {
    "stage6": ("stage6",),
    "release": ("release",),
    "deploy": ("deploy",),
    "plan": ("plan",),
    "preflight": ("preflight",),
    "simulate": ("simulate", "--base=HEAD", "--head=HEAD"),
    "parity": ("parity", "live", "live"),
    "explain": ("explain", "charts/app/values.yaml"),
    "status": ("status",),
    "rollback": ("rollback", "--target=live"),
    "verify-chart": ("verify-chart", "v0.1.0"),
    "adopt": ("adopt", "v0.1.0"),
    "schema": ("schema",),
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return small(tmp_path_factory.mktemp("process"))


def comparable(text: str, stack: Sample) -> str:
    """Output without what differs from run to run: where it ran, and for how long."""
    return re.sub(r"\d+\.\d s", "", text.replace(str(stack.directory), ""))


@pytest.mark.parametrize("name", rest_slow(COMMANDS, "plan", "stage6"))
def test_a_command_ends_in_a_process_of_its_own_as_it_does_in_a_forked_one(
    stack: Sample, tmp_path: Path, name: str
) -> None:
    anew, forked = stack.copy(tmp_path / "a"), stack.copy(tmp_path / "b")
    one, other = command(*WORDS[name], cwd=anew.repo.path, anew=True), command(*WORDS[name], cwd=forked.repo.path)
    assert one.status == other.status
    assert comparable(one.stdout, anew) == comparable(other.stdout, forked)
    assert bool(one.stderr) == bool(other.stderr)


@pytest.mark.parametrize("anew", [True, False])
def test_a_command_sees_its_own_environment_directory_and_arguments(stack: Sample, anew: bool) -> None:
    usage = command("plan", "--no-such-option", cwd=stack.repo.path, anew=anew)
    assert (usage.status, usage.stdout) == (2, "")
    inside = command("plan", cwd=stack.repo.path / "charts", env={"STAGE6_NOTHING": "x"}, anew=anew)
    assert inside.status == 0
    outside = command("plan", cwd=stack.directory, anew=anew)
    assert outside.status != 0


# PEP 538 and PEP 540: without these, Python makes UTF-8 of the locale C.
ASCII = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
SPELLED = "charts/app/templates/größe.yaml"


@pytest.mark.parametrize("name", ["plan", "stage6", "simulate", "explain", "status", "verify-chart"])
def test_a_locale_that_cannot_name_the_files_of_a_commit_is_refused_before_anything(tmp_path: Path, name: str) -> None:
    sample = small(tmp_path, {SPELLED: "# ü\n"})
    words = {"explain": (SPELLED,), "verify-chart": ("v0.1.0",)}.get(name, ())
    ended = sample.command(name, *words, "--output=json", env=ASCII)
    assert (ended.status, ended.json["error"]["code"]) == (3, "LOCALE")
    assert "LC_ALL=C.UTF-8" in ended.json["error"]["hint"]
    assert sample.published == []


def test_the_plain_locale_will_do(tmp_path: Path) -> None:
    sample = small(tmp_path, {SPELLED: "# ü\n"})
    ended = sample.run(env={"LC_ALL": "C"})
    assert (ended.status, sample.published) == (0, ["small-0.1.0.tgz"]), ended.stderr


def test_without_a_repository_no_locale_matters(tmp_path: Path) -> None:
    assert command("schema", cwd=tmp_path, env=ASCII).status == 0
