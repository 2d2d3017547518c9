"""The generated blocks of the documents are what the program prints, and what its source says.

``.venv/bin/python tests/project/test_docs.py`` writes them anew where they differ.
"""

import re
import shutil

import pytest

from scripts.docs.blocks import BLOCKS, README, WITH_HELM, block, blocks, normalised, refresh
from scripts.docs.checks import every_check
from scripts.docs.program import path_with_tools
from tests.conftest import rest_slow

REFRESH = "run `.venv/bin/python tests/project/test_docs.py` and check the difference"


@pytest.mark.parametrize("name", rest_slow(BLOCKS, *(set(BLOCKS) - {"scene", "simulation", "transcript"})))
def test_a_generated_block_is_what_the_program_prints(name: str) -> None:
    if name in WITH_HELM and not shutil.which("helm", path=path_with_tools()):
        pytest.skip("helm is not here: run `make tools`")
    assert normalised(block(name)) == normalised(BLOCKS[name]()), REFRESH


def test_every_block_has_a_generator_and_stands_once() -> None:
    assert sorted(name for _, name, _ in blocks()) == sorted(BLOCKS)


def scenes_of(text: str) -> list[str]:
    return re.findall(r"^── (Scene \d|\w+)", text, re.MULTILINE)


def verdicts_of(text: str) -> list[str]:
    return [line.split(" ")[0] for line in text.splitlines() if re.match(r"[A-Z]{4,} ", line)]


def test_the_transcript_is_shortened_by_whole_scenes_and_the_tutorial_says_so() -> None:
    shown = block("transcript")
    assert scenes_of(shown) == ["Scene 1", "Scene 2", "Scene 3", "Scene 4", "Files"]
    done = ("REDEPLOY", "DONE", "PUBLISH", "DONE", "PUBLISH", "DONE")
    assert verdicts_of(shown) == ["NOTHING", "NOTHING", *done]
    (tutorial,) = (file.read_text() for file, name, _ in blocks() if name == "transcript")
    assert "Left out here are the first release and scene 5" in tutorial


def test_the_readme_shows_one_scene_of_it() -> None:
    assert scenes_of(block("scene")) == ["Scene 3"]
    assert verdicts_of(block("scene")) == ["PUBLISH", "DONE"]
    scene = block("scene").removeprefix("```text\n").removesuffix("```\n")
    assert normalised(scene) in normalised(block("transcript"))
    assert [file for file, name, _ in blocks() if name == "scene"] == [README]


def test_the_runbook_has_every_precondition_once() -> None:
    listed = re.findall(r"^\| \[`([a-z-]+)`\]", block("live checks"), re.MULTILINE)
    assert sorted(listed) == sorted(check.id for check in every_check())


if __name__ == "__main__":
    refresh()
