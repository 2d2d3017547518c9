"""The JSON documents keep every field and its meaning: they are compared with recorded ones.

``.venv/bin/python -m tests.report.test_documents`` records them anew: look at the difference, it is the contract.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from jetscale_cicd.report import document as documents
from tests.report import samples

RECORDED = Path(__file__).with_name("documents.json")


def _asked(document: dict[str, object]) -> dict[str, object]:
    return {**document, "request": documents.request_document(samples.REQUEST)}


DOCUMENTS: dict[str, dict[str, object]] = {
    "plan publish": _asked(documents.plan_document(samples.PUBLISH)),
    "plan nothing": _asked(documents.plan_document(samples.NOTHING)),
    "plan redeploy": _asked(documents.plan_document(samples.REDEPLOY)),
    "run failed": _asked(documents.run_document(samples.RUN)),
    "run done": _asked(documents.run_document(samples.DONE)),
    "run satisfied": _asked(documents.run_document(samples.SATISFIED)),
    "simulation": documents.simulation_document(samples.SIMULATION),
    **{f"verification {each.sameness}": documents.verification_document(each) for each in samples.VERIFICATIONS},
    **{f"status {name}": documents.status_document(each) for name, each in samples.STATUSES.items()},
    "rollback": documents.rollback_document(samples.ROLLBACK),
    "explanation": documents.reasons_document(samples.REASONS),
    "error": {"schema": documents.SCHEMA, "error": documents.error_document(samples.ERROR)},
}


def recorded() -> dict[str, Any]:
    """The documents as they were when somebody last looked at them."""
    found: dict[str, Any] = json.loads(RECORDED.read_text())
    return found


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_the_recorded_one(name: str) -> None:
    assert json.dumps(DOCUMENTS[name]) == json.dumps(recorded()[name])


def test_every_recorded_document_is_compared() -> None:
    assert sorted(recorded()) == sorted(DOCUMENTS)


if __name__ == "__main__":
    RECORDED.write_text(json.dumps(DOCUMENTS, indent=1) + "\n")
