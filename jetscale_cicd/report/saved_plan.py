"""The file that ``plan --out`` writes and ``stage6 --plan`` reads: the plan's JSON document, whatever the face."""

from jetscale_cicd.report.face import Redact
from jetscale_cicd.report.results import PlanResult


def saved_plan(result: PlanResult, redact: Redact) -> str:
    """What the file holds, with secrets masked."""
    from jetscale_cicd.report.json.encode import dumps
    from jetscale_cicd.report.json.plan import asked_plan_document

    return redact(dumps(asked_plan_document(result.plan, result.request, result.refused))) + "\n"
