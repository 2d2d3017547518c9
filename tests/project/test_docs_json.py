"""The page of the JSON output has every field of every command's document, and no other.

The documents are real: those of commands on a stack, and of the parts that only a cluster has, made of full records.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from jetscale_cicd.report.document import error_document, rollback_document, run_document, status_document

import jetscale_cicd
from jetscale_cicd.errors import DeployError
from jetscale_cicd.model.diagnosis import Diagnosis, WorkloadRow
from jetscale_cicd.model.live import Deployed, NotDeployed, NotObserved, Revision
from jetscale_cicd.model.outcome import Result, Run, StepOutcome
from jetscale_cicd.model.release import Absent, CannotTell, Present
from jetscale_cicd.model.rollback import Rollback
from jetscale_cicd.model.status import Drift, Status, TargetStatus
from scripts.docs.blocks import DOCS
from scripts.docs.source import read_package
from tests.support.history import draw
from tests.support.sample import small

ITEM = re.compile(r"^- `([\w.\[\]]+)`(.*(?:\n  .*)*)", re.MULTILINE)
OBJECTS = ("comparison", "reason", "step", "live", "error", "plan")


# --- what is documented -------------------------------------------------------------------------------------------


@cache
def sections() -> dict[str, str]:
    text = (DOCS / "json.md").read_text()
    return {part.partition("\n")[0]: part for part in text.split("\n## ")[1:]}


def documented(section: str) -> set[str]:
    """Paths of a section, those of the objects that it links to included."""
    found: set[str] = set()
    for path, rest in ITEM.findall(sections()[section].partition("\nResults:")[0]):
        found.add(path)
        for linked in re.findall(r"\]\(#(\w+)\)", rest):
            lists = path in ("steps", "paths") or path.endswith((".reasons", ".ignored"))
            inner = documented(linked) if linked in OBJECTS else set()
            inner = {each for each in inner if not each.startswith("request")} if linked == "plan" else inner
            found |= {f"{path}{'[]' if lists else ''}.{each}" for each in inner}
    return found


def documented_run() -> set[str]:
    """A plan and what became of it; each attempt is the same without the request, the outcome and more attempts."""
    run = documented("plan") | documented("stage6")
    attempt = {each for each in run if not each.startswith(("request", "outcome", "attempts"))}
    return run | {f"attempts[].{each}" for each in attempt}


# --- what the program writes --------------------------------------------------------------------------------------


def paths(value: object, prefix: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"{prefix}{key}"
            yield from paths(inner, f"{prefix}{key}.")
    elif isinstance(value, list):
        for inner in value:
            yield from paths(inner, f"{prefix.removesuffix('.')}[].")


def union(*documents: object) -> set[str]:
    return {path for document in documents for path in paths(document)}


ERROR = DeployError("CRASH_LOOP", "it crashed", hint="mend it", where="a/b", details=("log: x",))
REVISION = Revision(number=3, status="deployed", description="d", rollback_to=1, holder="run")
LIVE = Deployed(version="0.1.0", commit="a" * 40, digest="sha256:b", values_digest="sha256:c", revision=REVISION)


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> tuple[jetscale_cicd.Plan, ...]:
    """One for something, one for nothing."""
    story = ("feat: a [charts/app/Chart.yaml envs/live/values.yaml]", "tag v0.1.0", "fix: b [charts/app/values.yaml]")
    repo = draw(tmp_path_factory.mktemp("repo"), *story, "docs: c [README.md]").path
    asked = (jetscale_cicd.local_request(repo, since="event", base=base, head="HEAD") for base in ("v0.1.0", "HEAD~1"))
    return tuple(map(jetscale_cicd.plan, asked))


@pytest.fixture(scope="module")
def plan(plans: tuple[jetscale_cicd.Plan, ...]) -> jetscale_cicd.Plan:
    return plans[0]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """The documents of commands on a small stack, from its first release to a change that cannot be rendered."""
    stack = small(tmp_path_factory.mktemp("stack"))
    found: dict[str, list[dict[str, Any]]] = {}

    def run(command: str, *arguments: str) -> None:
        document = stack.command(command, *arguments, "--output", "json").json
        found.setdefault(command, []).append(document)

    run("plan")
    run("status")
    run("stage6")
    stack.edit("fix: a size", "charts/app/values.yaml", "size: 1", "size: 2")
    stack.edit("docs: a line", "README.md", "# The stack", "# The stack, documented")
    run("plan")
    run("stage6")
    run("plan")
    run("stage6")
    run("status")
    run("simulate", "--base", "HEAD~1")
    run("explain", "charts/app/values.yaml", "README.md")
    run("verify-chart", "v0.1.0")
    stack.commit("fix: no size", {"envs/live/values.yaml": "size: none\n", "charts/app/values.yaml": "size: 4\n"})
    run("simulate", "--base", "HEAD~1")
    run("plan", "--base", "no-such-commit")
    found["failure"] = [found["plan"].pop()]
    return found


def test_a_plan_has_the_documented_fields(written: dict[str, list[dict[str, Any]]]) -> None:
    assert union(*written["plan"]) == documented("plan")


def test_a_run_has_the_documented_fields(
    written: dict[str, list[dict[str, Any]]], plans: tuple[jetscale_cicd.Plan, ...]
) -> None:
    def attempt(plan: jetscale_cicd.Plan) -> Run:
        outcomes = (StepOutcome(step=step, result=Result.FAILED, detail="", error=ERROR) for step in plan.steps)
        return Run(plan=plan, outcomes=tuple(outcomes))

    made = run_document(replace(attempt(plans[0]), earlier=tuple(map(attempt, plans))))
    assert union(*written["stage6"], made) == documented_run()


def test_a_simulation_has_the_documented_fields(written: dict[str, list[dict[str, Any]]]) -> None:
    inside = {each for each in documented("plan") if not each.startswith("request")}
    # What helm refuses to render has no further details.
    expected = inside | documented("simulate") - {"manifests[].error.details"}
    assert union(*written["simulate"]) == expected


def test_an_explanation_has_the_documented_fields(written: dict[str, list[dict[str, Any]]]) -> None:
    assert union(*written["explain"]) == documented("explain")


def test_a_status_has_the_documented_fields(written: dict[str, list[dict[str, Any]]], plan: jetscale_cicd.Plan) -> None:
    row = WorkloadRow(kind="Deployment", name="web", ready=0, wanted=1, complete=False)
    full = TargetStatus(
        target=plan.targets[0].target,
        live=LIVE,
        drift=(Drift(subject="Deployment web", path="spec.replicas", live="1", wanted="2"),),
        workloads=(row,),
        fault=Diagnosis(code="CRASH_LOOP", subject="pod web", verdict="it ended", next_step="mend it"),
    )
    lives = (NotDeployed(), NotObserved("why"))
    answers = (Present(digest="sha256:d", manifest="sha256:m"), Absent(), CannotTell("why"))
    made = [status_document(Status(plan=plan, published=each, targets=(full,), blocker=ERROR)) for each in answers]
    made += [
        status_document(Status(plan=plan, targets=(TargetStatus(target=full.target, live=each),))) for each in lives
    ]
    assert union(*written["status"], *made) == documented("status")


def test_a_rollback_has_the_documented_fields(plan: jetscale_cicd.Plan) -> None:
    target = plan.targets[0].target
    made = rollback_document(Rollback(target=target, before=LIVE, to=1, after=LIVE, verified="x"))
    # Both are of a release that is there.
    assert union(made) == documented("rollback") - {"before.why", "live.why"}


def test_a_compared_chart_has_the_documented_fields(written: dict[str, list[dict[str, Any]]]) -> None:
    assert union(*written["verify-chart"]) == documented("verify-chart")


def test_a_failure_has_the_documented_fields(written: dict[str, list[dict[str, Any]]]) -> None:
    assert union(*written["failure"], {"error": error_document(ERROR)}) == documented("failure")


def test_the_audit_has_the_documented_fields() -> None:
    (module,) = (module for module in read_package() if module.path.name == "audit.py")
    dictionaries = (node for node in ast.walk(module.tree) if isinstance(node, ast.Dict))
    keys = {key.value for each in dictionaries for key in each.keys if isinstance(key, ast.Constant)}
    assert {path.rpartition(".")[2] for path in documented("audit")} == keys
