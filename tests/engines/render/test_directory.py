"""The directory of rendered manifests: what a killed run left beside it is removed, and nothing else."""

from pathlib import Path

from jetscale_cicd.engines.render.directory import replace_output
from jetscale_cicd.model.live import Deployed
from jetscale_cicd.model.target import Target
from jetscale_cicd.tools.scratch import locked

RECORD = Deployed(version="1.0.0", commit="c" * 40, digest="", values_digest="")


def made(root: Path, name: str) -> Path:
    directory = root / "rendered" / name
    directory.mkdir(parents=True)
    (directory / "manifests.yaml").write_text("token: canary\n")
    return directory


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    left, live = made(tmp_path, ".live.0123abcd"), made(tmp_path, ".live.4567cdef")
    others = [made(tmp_path, name) for name in (".live.txt", ".other.0123abcd", "live2")]
    with locked(live):
        replace_output(tmp_path, Target(name="live"), b"kind: A\n", RECORD)
    assert [left.exists(), live.exists(), *(each.exists() for each in others)] == [False, True, True, True, True]
    assert sorted(file.name for file in (tmp_path / "rendered" / "live").iterdir()) == [
        "manifests.yaml",
        "release.json",
    ]
