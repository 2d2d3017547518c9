"""Commits whose messages nobody would write by hand: a run reads them in a moment, and so does the next one."""

import time
from pathlib import Path

import pytest

from tests.conftest import sampled
from tests.support.sample import Sample, small

pytestmark = pytest.mark.quick(1)

MESSAGES = {
    "a word of 200,000 letters": ("feat: " + "a" * 200_000,),
    "150,000 spaces": ("fix: a" + " " * 150_000 + "b",),
    "150,000 spaces in the body": ("fix: a\n\n" + " " * 150_000 + "b",),
    "an issue of 5,000 digits": ("fix: a\n\nCloses: #" + "9" * 5000,),
    "half addresses": ("fix: " + "a@" * 100_000,),
    "many commits with 8,000 spaces each": tuple(f"fix: {number}{' ' * 8000}x" for number in range(60)),
    "many commits with 8,000 letters each": tuple(f"fix: {number}{'a' * 8000}" for number in range(60)),
}


def commit(sample: Sample, message: str) -> None:
    file = sample.repo.path / "charts/app/values.yaml"
    file.write_text(file.read_text() + "# more\n")
    sample.repo.git("commit", "--quiet", "--all", "--cleanup=verbatim", "--file=-", stdin=message.encode())


@pytest.mark.parametrize("messages", sampled(MESSAGES.values(), one_of=3), ids=MESSAGES)
def test_a_plan_and_a_release_with_its_notes_take_a_moment(messages: tuple[str, ...], tmp_path: Path) -> None:
    sample = small(tmp_path / "sample")
    assert sample.run().status == 0
    for message in messages:
        commit(sample, message)
    sample.repo.git("push", "--quiet", "origin", "HEAD")
    began = time.monotonic()
    plan = sample.command("plan", "--output", "json")
    notes = tmp_path / "notes.md"
    released = sample.command("stage6", "--notes", str(notes))
    assert time.monotonic() - began < 20, "it took minutes"
    assert (plan.status, released.status) == (0, 0), plan.stderr + released.stderr
    assert plan.json["version"] in ("0.1.1", "0.2.0")
    assert len(notes.read_text()) < 125_000
