"""A key under its former name is read, and the plan says so."""

from pathlib import Path

import jetscale_cicd
from tests.support.history import draw

STORY = ("feat: a [charts/app/Chart.yaml envs/live/values.yaml]", "tag v0.1.0", "fix: b [charts/app/values.yaml]")


def test_a_former_name_in_the_configuration_is_a_note_of_the_plan(tmp_path: Path) -> None:
    repo = draw(tmp_path, *STORY)
    repo.commit("chore: configure", **{".stage6.yaml": "chart: {unclaimed_change: error}\n"})
    request = jetscale_cicd.local_request(repo.path, since="event", base="HEAD~2", head="HEAD")
    (note,) = (note for note in jetscale_cicd.plan(request).notes if "chart.unclaimed_change" in note)
    assert note.startswith(".stage6.yaml:1:9: chart.unclaimed_change")
