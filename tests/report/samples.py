"""One result of each kind that a command can end with, with every field that a document shows filled somewhere."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from jetscale_cicd.errors import CannotTellError, DeployError, PreconditionError, PublishError, SupersededError
from jetscale_cicd.model.change import Change, ChangeSet, Comparison, Counted
from jetscale_cicd.model.commit import Commit, JudgedCommit
from jetscale_cicd.model.diagnosis import Diagnosis
from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.model.ledger import Ledger, LedgerRow, ObjectState, Pods
from jetscale_cicd.model.live import Deployed, NotDeployed, NotObserved, Revision
from jetscale_cicd.model.outcome import PartName, Result, Run, StepOutcome, StepPart
from jetscale_cicd.model.parity import Cause, DifferenceKind, Parity, Side
from jetscale_cicd.model.parity import Difference as Way
from jetscale_cicd.model.plan import Decision, Plan, Reason, TargetDecision, TargetPlan, VersionChoice, Waiting
from jetscale_cicd.model.precondition import Precondition, PreconditionState
from jetscale_cicd.model.preflight import Preflight
from jetscale_cicd.model.provenance import Claims, FoundProvenance, Statement
from jetscale_cicd.model.release import Absent, CannotTell, NotAsked, Present, Release
from jetscale_cicd.model.request import Request
from jetscale_cicd.model.rollback import Rollback
from jetscale_cicd.model.simulation import (
    ChangeKind,
    ImageChange,
    ManifestDiff,
    ObjectChange,
    OnlyDiffers,
    Simulation,
)
from jetscale_cicd.model.status import Differences, Drift, DriftKind, Redeploy, Status, TargetStatus
from jetscale_cicd.model.step import Step, StepName, StepState
from jetscale_cicd.model.target import Target
from jetscale_cicd.model.verification import Adoption, Sameness, Verification
from jetscale_cicd.model.version import Level, Version
from jetscale_cicd.report.results import (
    AdoptionResult,
    CommandResult,
    ExplanationResult,
    ParityResult,
    PlanResult,
    PreflightResult,
    RollbackResult,
    RunResult,
    SchemaResult,
    SimulationResult,
    StatusResult,
    VerificationResult,
)

SECRET = "canary-5f2c"
BASE, HEAD, OTHER = "b" * 40, "a" * 40, "c" * 40
RELEASE = Release(version=Version(0, 2, 1), tag="v0.2.1", commit=BASE)
NEXT = Release(version=Version(0, 3, 0), tag="v0.3.0", commit=HEAD)
LIVE = Target(name="live", url="https://console.example")
PREVIEW = Target(name="preview", engine="render")
SINCE = Comparison(base=BASE, head=HEAD, how="since release v0.2.1")
VALUES = Comparison(base=OTHER, head=HEAD, how="since what is deployed", certain=False)

REQUEST = Request(
    repo=Path(),
    event=Event(ci="local", kind=EventKind.LOCAL),
    base="main",
    targets=("live", "preview"),
    engine="render",
    registry="oci://registry.example/charts",
    release_hold=True,
)
ERROR = DeployError(
    "DEPLOY_FAILED",
    f"the deploy failed with {SECRET}",
    where="jetscale-prod/jetscale-stack",
    hint="mend it with a commit",
    details=("an event", "the end of a log"),
)
OVERTAKEN = SupersededError("TAG_TAKEN", "another run made v0.3.0")
CHART = Reason(
    scope="chart", why=f"in the package {SECRET}", counts=True, path=b"charts/app/a\xff\n", status="M", rule="charts/**"
)
IGNORED = Reason(scope="chart", why=".helmignore keeps it out", counts=False, path=b"charts/app/b", status="A")
LOST = Reason(scope="live", why="0.2.0 is deployed, 0.2.1 is the latest", counts=True)


def step(name: StepName, state: StepState = StepState.NEEDED, target: str | None = None) -> Step:
    """A step with a reason and a command."""
    return Step(name=name, state=state, why=f"why {name}", command=f"command {name}", target=target)


STEPS = (
    step(StepName.PACKAGE, StepState.SATISFIED),
    step(StepName.PUBLISH),
    step(StepName.DEPLOY, target="live"),
    step(StepName.DEPLOY, StepState.HELD, "preview"),
    step(StepName.VERIFY, StepState.UNKNOWN, "preview"),
)
RECORDED = Deployed(
    version="0.2.0",
    commit=OTHER,
    digest="sha256:d",
    values_digest="sha256:e",
    revision=Revision(number=7, status="pending-upgrade", description="Upgrade", holder="run 7"),
)
UNMANAGED = Deployed(
    version="0.1.9", commit="", digest="", values_digest="", revision=Revision(number=3, status="deployed")
)
PUBLISH = Plan(
    decision=Decision.PUBLISH,
    head=HEAD,
    latest=RELEASE,
    changes=ChangeSet(
        SINCE,
        (Change("M", b"charts/app/a", "100644", "100644", BASE, HEAD),),
        lambda: Counted(12, (b"README.md", b"x\x1b[2J")),
    ),
    target_plans=(
        TargetPlan(
            decided=TargetDecision(
                target=LIVE, decision=Decision.PUBLISH, reasons=(CHART, IGNORED, LOST), compared=VALUES, live=RECORDED
            ),
            steps=tuple(each for each in STEPS if each.target),
        ),
        TargetPlan(
            decided=TargetDecision(
                target=PREVIEW,
                decision=Decision.NOTHING,
                reasons=(IGNORED,),
                compared=SINCE,
                waiting=Waiting(needed="live", why="a rollback holds it"),
            )
        ),
    ),
    choice=VersionChoice(
        version=NEXT.version,
        level=Level.MINOR,
        why="a feature",
        commits=(
            JudgedCommit(Commit(OTHER, "fix: b\n\nbody"), Level.PATCH, "a fix"),
            JudgedCommit(Commit(HEAD, f"feat: {SECRET}"), Level.MINOR, "a feature"),
        ),
    ),
    deploy=NEXT,
    shared=tuple(each for each in STEPS if not each.target),
    notes=("a note with ::error:: in it", "::error::a note that begins as a command"),
    preconditions=(
        Precondition(id="namespace", state=PreconditionState.MET, what="the namespace exists", target="live"),
        Precondition(
            id="secrets",
            state=PreconditionState.UNMET,
            what="the environment has every secret value",
            target="live",
            error=PreconditionError("SECRET_UNSET", "TOKEN is not set", hint="set it", where="live", details=("d",)),
            of_this_process=True,
        ),
    ),
)
REFUSED = replace(PUBLISH, preconditions=tuple(replace(each, of_this_process=False) for each in PUBLISH.preconditions))
NOTHING = replace(
    PUBLISH,
    decision=Decision.NOTHING,
    latest=None,
    choice=None,
    deploy=None,
    shared=(),
    target_plans=(),
    notes=(),
    preconditions=(),
)
REDEPLOY = replace(PUBLISH, decision=Decision.REDEPLOY, choice=None, deploy=RELEASE)

PREFLIGHTS = {
    "ready": Preflight(
        plan=replace(
            PUBLISH,
            preconditions=(
                Precondition(id="cluster", state=PreconditionState.MET, what="it is the cluster", why="it is recorded"),
                Precondition(
                    id="ingress-hosts",
                    state=PreconditionState.WARNING,
                    what="no other release serves a host",
                    target="live",
                    error=PreconditionError(
                        "INGRESS_HOST_TAKEN", f"another one serves it {SECRET}", hint="another host"
                    ),
                ),
            ),
        )
    ),
    "not ready": Preflight(plan=PUBLISH, waited=12.3456),
    "nothing": Preflight(plan=NOTHING),
}

PART = StepPart(name=PartName.HELM_UPGRADE, seconds=0.98765)
OUTCOMES = (
    StepOutcome(step=STEPS[0], result=Result.SATISFIED, detail="there"),
    StepOutcome(step=STEPS[1], result=Result.DONE, detail=f"pushed {SECRET}", seconds=1.23456, parts=(PART,)),
    StepOutcome(
        step=step(StepName.GITHUB_RELEASE), result=Result.WARNED, detail="refused", error=PublishError("X", "refused")
    ),
    StepOutcome(step=STEPS[2], result=Result.FAILED, detail="failed", seconds=60.0, error=ERROR),
    StepOutcome(step=STEPS[4], result=Result.SKIPPED, detail="after a failure"),
)
EARLIER = Run(
    plan=REDEPLOY,
    outcomes=(StepOutcome(step=STEPS[1], result=Result.FAILED, detail="overtaken", error=OVERTAKEN, parts=(PART,)),),
)
RUN = Run(plan=PUBLISH, outcomes=OUTCOMES, earlier=(EARLIER,))
DONE = Run(plan=PUBLISH, outcomes=OUTCOMES[:2])
SATISFIED = Run(plan=PUBLISH, outcomes=OUTCOMES[:1])
MIGRATE = ObjectChange(
    kind="Job",
    name="migrate",
    namespace="jetscale-prod",
    change=ChangeKind.CHANGED,
    hook="pre-upgrade",
    hunks=("@@ -1 +1 @@", "-x", f"+{SECRET}"),
)
WEB = replace(MIGRATE, kind="Deployment", name="web", hook="", hunks=(), only=OnlyDiffers.CHART_LABELS)
NEW = replace(MIGRATE, name="new", namespace="", hook="", change=ChangeKind.ADDED, hunks=("@@ -0,0 +1 @@", "+x"))
SIMULATION = Simulation(
    plan=PUBLISH,
    diffs=(
        ManifestDiff(
            target="live",
            changes=(MIGRATE, NEW, WEB, replace(WEB, name="random", only=OnlyDiffers.EVERY_RENDER)),
            images=(ImageChange(subject="Job/migrate", container="run", before="app:1", after="app:2"),),
        ),
        ManifestDiff(target="preview", note="the base could not be rendered"),
        ManifestDiff(target="third", error=ERROR),
    ),
)
VERIFICATIONS = tuple(
    Verification(
        release=RELEASE,
        reference="oci://registry.example/app:0.2.1",
        rebuilt="sha256:r",
        published="sha256:p",
        sameness=sameness,
        files=("+a", "-b", f"~{SECRET}") if sameness is Sameness.DIFFERENT else (),
    )
    for sameness in Sameness
)
STATED = Claims(
    digests=("p", "m"),
    commits=(BASE,),
    ours=True,
    chart="stack",
    version="0.2.1",
    tag="v0.2.1",
    source="https://git.example/acme/shop",
    builder="https://stage6.jetscale.ai/ci/github",
    run=f"https://git.example/acme/shop/actions/runs/7?{SECRET}",
)
STATEMENTS = (
    Statement(digest="sha256:" + "1" * 64, claims=STATED),
    Statement(
        digest="sha256:" + "2" * 64,
        claims=Claims(digests=("p",), commits=(OTHER, HEAD), builder="https://builder.example"),
        differs=("package", "commit"),
    ),
    Statement(digest="sha256:" + "3" * 64, claims=Claims(digests=(), commits=()), differs=("package",)),
    Statement(digest="sha256:" + "4" * 64, why=f"it is not JSON {SECRET}"),
)
STATED_VERIFICATIONS = {
    "stated": replace(VERIFICATIONS[0], provenance=FoundProvenance(statements=STATEMENTS)),
    "not stated": replace(VERIFICATIONS[0], provenance=FoundProvenance()),
    "perhaps stated": replace(VERIFICATIONS[0], provenance=FoundProvenance(why=f"it answered 500 {SECRET}")),
}
UNMANAGED_VERIFICATIONS = {
    "unmanaged": replace(VERIFICATIONS[-1], managed=False),
    "adopted": replace(VERIFICATIONS[-1], managed=False, adopted="sha256:p"),
    "not the adopted": replace(VERIFICATIONS[-1], managed=False, adopted="sha256:o"),
}
ADOPTIONS = {
    name: Adoption(
        release=RELEASE,
        reference="oci://registry.example/app:0.2.1",
        digest="sha256:p",
        files=files,
        not_rebuilt=why,
        file=".stage6.yaml",
        replaced=replaced,
    )
    for name, files, why, replaced in (
        ("first", ("+a", f"~{SECRET}"), "", ""),
        ("again", (), "", "sha256:o"),
        ("not rebuilt", (), f"no lock {SECRET}", ""),
    )
}
WORKING = LedgerRow(kind="StatefulSet", name="db", state=ObjectState.READY, pods=Pods(ready=1, wanted=1))
ADDED: dict[str, Any] = {"wanted": "absent", "kind": DriftKind.ADDED, "redeploy": Redeploy.KEEPS}
BY_HAND: dict[str, Any] = {"by": "kubectl-edit", "at": "2026-03-01T03:00:00Z", "undo": "kubectl patch configmap app"}
SEEN = TargetStatus(
    target=LIVE,
    live=RECORDED,
    context="prod-cluster",
    differences=Differences(
        drift=(
            Drift(subject="ConfigMap app", path="data.size", live='"9"', wanted='"3"'),
            Drift(subject="Secret b", path="", live="absent", wanted=SECRET, kind=DriftKind.REMOVED),
            Drift(subject="ConfigMap app", path="data.extra", live='"y"', **ADDED, **BY_HAND),
        ),
        others=(Drift(subject="Service web", path="metadata.labels.zone", live='"a"', by="zoner", **ADDED),),
    ),
    unseen=("ConfigMap c: no right to read it",),
    ledger=Ledger(
        (
            LedgerRow(
                kind="Deployment",
                name="web",
                namespace="jetscale-prod",
                state=ObjectState.PROGRESSING,
                reason="1 of 2 pods are available",
                pods=Pods(ready=1, wanted=2, old=1),
                note="pulling the image",
            ),
            WORKING,
        )
    ),
    fault=Diagnosis(
        code="IMAGE_PULL", subject="pod web-1", verdict="its image is not there", next_step="push it", events=("e",)
    ),
)
HEALTHY = TargetStatus(target=LIVE, live=UNMANAGED, differences=Differences(), ledger=Ledger((WORKING,)))
STATUSES = {
    "present": Status(
        plan=replace(
            PUBLISH,
            preconditions=(
                Precondition(
                    id="namespace",
                    state=PreconditionState.CANNOT_TELL,
                    what="the namespace exists",
                    target="live",
                    error=CannotTellError("REGISTRY", f"no answer {SECRET}", hint="again"),
                ),
                Precondition(
                    id="published",
                    state=PreconditionState.SKIPPED,
                    what="the registry holds the package that was released",
                    why="no network",
                ),
            ),
        ),
        reference="oci://registry.example/app:0.2.1",
        published=Present("sha256:p", "sha256:m"),
        targets=(SEEN, TargetStatus(target=PREVIEW, live=NotDeployed())),
    ),
    "absent": Status(
        plan=PUBLISH,
        published=Absent(),
        targets=(HEALTHY, TargetStatus(target=PREVIEW, live=NotObserved("no network"))),
    ),
    "unknown": Status(
        plan=replace(REDEPLOY, target_plans=(), shared=STEPS), published=CannotTell("no answer", "again")
    ),
    "not asked": Status(plan=replace(REDEPLOY, target_plans=(), shared=STEPS), published=NotAsked("commits only")),
    "none": Status(plan=NOTHING),
}
ROLLBACK = Rollback(
    target=LIVE,
    before=RECORDED,
    to=4,
    after=replace(UNMANAGED, revision=Revision(number=8, status="deployed", rollback=True, rollback_to=4)),
    verified=f"2 workloads ready {SECRET}",
)
REASONS = (CHART, IGNORED, LOST)
WAYS = (
    Way(
        kind=DifferenceKind.VALUES,
        subject="backend-api.autoscaling",
        one=Side("a mapping", "envs/live/values.yaml:7"),
        other=None,
        reason=f"preview runs one {SECRET}",
    ),
    Way(kind=DifferenceKind.SECRET, subject="db/password", one=None, other=Side("required", ".stage6.yaml:9")),
    Way(
        kind=DifferenceKind.IMAGE,
        subject="Deployment/web/web",
        one=Side("web:1"),
        other=Side(f"web:{SECRET}"),
        cause=Cause.VALUES,
    ),
    Way(kind=DifferenceKind.OBJECT, subject="Job/::error::x", one=Side("batch/v1"), other=None, cause=Cause.NAMES),
    Way(
        kind=DifferenceKind.FIELD,
        subject="Deployment/web:spec.replicas",
        one=Side("3"),
        other=Side("1"),
        cause=Cause.CAPABILITIES,
    ),
    Way(kind=DifferenceKind.FIELD, subject="Secret/a:data.b", one=Side("x"), other=Side("y"), cause=Cause.EVERY_RENDER),
)
PARITIES = {
    "different": Parity(
        one="live",
        other="preview",
        head=HEAD,
        differences=WAYS,
        stale=("values:gone*",),
        notes=("live: rendered as for a cluster that has everything",),
        fails=True,
    ),
    "allowed": Parity(one="live", other="preview", head=HEAD, differences=WAYS[:1], fails=True),
    "none": Parity(one="live", other="preview", head=HEAD),
    "unknown": Parity(
        one="live",
        other="preview",
        head=HEAD,
        unknown=CannotTellError("PARITY_UNKNOWN", f"no {SECRET}", details=("d",)),
        fails=True,
    ),
}

PUBLISHED = PlanResult(PUBLISH, REQUEST)
RESULTS: dict[str, CommandResult] = {
    "plan publish": PUBLISHED,
    "plan nothing": PlanResult(NOTHING, REQUEST),
    "plan redeploy": PlanResult(REDEPLOY, REQUEST),
    "plan refused": PlanResult(REFUSED, REQUEST, REFUSED.blocker),
    **{f"preflight {name}": PreflightResult(each) for name, each in PREFLIGHTS.items()},
    "run failed": RunResult(RUN, REQUEST),
    "run done": RunResult(DONE, REQUEST),
    "run satisfied": RunResult(SATISFIED, REQUEST),
    "simulation": SimulationResult(SIMULATION),
    **{f"verification {each.sameness}": VerificationResult(each, None) for each in VERIFICATIONS},
    **{f"verification {name}": VerificationResult(each, None) for name, each in UNMANAGED_VERIFICATIONS.items()},
    **{f"verification {name}": VerificationResult(each, None) for name, each in STATED_VERIFICATIONS.items()},
    **{f"status {name}": StatusResult(each) for name, each in STATUSES.items()},
    **{f"adoption {name}": AdoptionResult(each) for name, each in ADOPTIONS.items()},
    **{f"parity {name}": ParityResult(each) for name, each in PARITIES.items()},
    "rollback": RollbackResult(ROLLBACK),
    "explanation": ExplanationResult(REASONS),
    "schema": SchemaResult({"$defs": {"chart": {}}}),
    "error": ERROR,
}
