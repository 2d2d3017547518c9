"""The JSON documents keep every field and its meaning: they are compared with recorded ones.

``.venv/bin/python -m tests.report.test_documents`` records them anew: look at the difference, it is the contract.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from jetscale_cicd.report.face import Medium, open_face
from jetscale_cicd.report.paint import Paint
from jetscale_cicd.report.saved_plan import saved_plan
from tests.report.samples import PUBLISHED, RESULTS

RECORDED = Path(__file__).with_name("documents.json")


def document(name: str) -> Any:
    """The document of a sample, read back."""
    return json.loads(open_face("json").render(RESULTS[name], Medium(str, Paint(enabled=False))))


def recorded() -> dict[str, Any]:
    """The documents as they were when somebody last looked at them."""
    found: dict[str, Any] = json.loads(RECORDED.read_text())
    return found


@pytest.mark.parametrize("name", RESULTS)
def test_a_document_is_the_recorded_one(name: str) -> None:
    assert json.dumps(document(name)) == json.dumps(recorded()[name])


def test_every_recorded_document_is_compared() -> None:
    assert sorted(recorded()) == sorted(RESULTS)


def test_a_saved_plan_is_the_document_of_the_plan() -> None:
    assert json.loads(saved_plan(PUBLISHED, str)) == recorded()["plan publish"]


if __name__ == "__main__":
    RECORDED.write_text(json.dumps({name: document(name) for name in RESULTS}, indent=1) + "\n")
