"""The file that ``plan --out`` writes and ``stage6 --plan`` reads: the plan's JSON document, whatever the face."""

from jetscale_cicd.model.document import with_strings
from jetscale_cicd.report.face import Redact
from jetscale_cicd.report.results import PlanResult


def saved_plan(result: PlanResult, redact: Redact) -> str:
    """What the file holds, with secrets masked."""
    from jetscale_cicd.report.json.encode import dumps
    from jetscale_cicd.report.json.plan import asked_plan_document

    document = asked_plan_document(result.plan, result.request, result.refused)
    return dumps(with_strings(document, redact)) + "\n"
