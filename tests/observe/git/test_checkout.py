"""Tags that a clone may lack: "no release yet" is said only where none can be missing."""

from pathlib import Path

import pytest

from jetscale_cicd.observe.git.checkout import why_tags_may_lack
from tests.support.history import Drawn, clone, draw, opened

UNTAGGED = ("feat: a [charts/app/Chart.yaml]", "fix: b [charts/app/values.yaml]")


def lacks(repo: Drawn, *, truncated: bool = False, in_ci: bool = False) -> bool:
    """Whether tags may be missing."""
    return bool(why_tags_may_lack(opened(repo), truncated=truncated, in_ci=in_ci))


@pytest.mark.parametrize(
    ("options", "in_ci", "expected"), [((), False, False), ((), True, True), (("--no-tags",), False, True)]
)
def test_a_clone_without_any_tag(tmp_path: Path, options: tuple[str, ...], in_ci: bool, expected: bool) -> None:
    repo = draw(tmp_path / "repo", *UNTAGGED)
    assert lacks(clone(repo, tmp_path / "clone", *options), in_ci=in_ci) is expected


def test_a_clone_that_has_some_tag_has_all(tmp_path: Path) -> None:
    repo = draw(tmp_path / "repo", *UNTAGGED, "tag nightly")
    assert not lacks(clone(repo, tmp_path / "clone"), in_ci=True)


def test_a_shallow_clone_may_lack_some_whatever_it_has(tmp_path: Path) -> None:
    repo = draw(tmp_path / "repo", *UNTAGGED, "tag nightly")
    assert lacks(clone(repo, tmp_path / "clone", "--depth=1"), truncated=True)


def test_a_repository_without_a_remote_has_all(tmp_path: Path) -> None:
    assert not lacks(draw(tmp_path / "repo", *UNTAGGED), in_ci=True)
