"""From decisions and observations to ordered steps, each satisfied or needed, each with its reason and command."""

import shlex
from collections.abc import Sequence
from typing import Protocol

from jetscale_cicd.decide.classify import strongest
from jetscale_cicd.decide.release.provenance import MEDIA_TYPE
from jetscale_cicd.model.change import ChangeSet
from jetscale_cicd.model.live import NotObserved
from jetscale_cicd.model.plan import Decision, Plan, TargetDecision, TargetPlan, VersionChoice
from jetscale_cicd.model.record import frozen, replace
from jetscale_cicd.model.release import Absent, CannotTell, NotAsked, Present, RegistryAnswer, Release
from jetscale_cicd.model.request import Half
from jetscale_cicd.model.shown import shown
from jetscale_cicd.model.step import Step, StepName, StepState
from jetscale_cicd.model.target import Target

_SATISFIED, _NEEDED = StepState.SATISFIED, StepState.NEEDED


@frozen(kw_only=True)
class ArtifactState:
    """What is known of the artifact of the version to deploy.

    Args:
        chart: chart name.
        path: chart folder.
        stamps_app_version: appVersion becomes the version, too.
        reference: where the registry keeps the version, or would.
        answer: the registry's answer for it (NotAsked where only commits are compared).
        proven: the content in the registry was compared with that of this commit, and is the same.
        tagged: the version's tag exists at its commit.
        branch: the branch that gets the release commit, "" where there is none.
        provenance: the registry gets a statement of where the package comes from.
        sign_key: user id of the key that signs the package, "" where there is none.
        sign_command: arguments of the command that signs the published package, () where there is none.
        reserved: the commit for which the remote has a reservation of the version, None where it has none.
        stale: reservations at the remote that no run needs once this one has released.
        page: page of the repository at GitHub, where a Release is configured; else "".
    """

    chart: str
    path: str
    reference: str
    answer: RegistryAnswer
    stamps_app_version: bool = False
    proven: bool = False
    tagged: bool = False
    branch: str = ""
    provenance: bool = False
    sign_key: str = ""
    sign_command: tuple[str, ...] = ()
    reserved: str | None = None
    stale: tuple[Release, ...] = ()
    page: str = ""


class Engines(Protocol):
    """What planning needs from the engines of the targets; nothing is observed and nothing is changed."""

    def command(self, target: Target, reference: str, version: str, /) -> str:
        """The command that deploys a target, as it could be typed in a shell."""

    def steps(self, decided: TargetDecision, deploy: Step, /) -> tuple[Step, ...]:
        """The steps of a target, including its deploy."""


def make_plan(
    *,
    head: str,
    latest: Release | None,
    changes: ChangeSet,
    targets: Sequence[TargetDecision],
    choice: VersionChoice | None,
    deploy: Release | None,
    artifact: ArtifactState | None,
    engines: Engines,
    half: Half = Half.BOTH,
    notes: Sequence[str] = (),
) -> Plan:
    """Assemble the plan: registry before tag, tag before deploy (docs/architecture.md).

    Args:
        choice: the version that is published, although no target may get it.
        engines: give the command and the steps of each target.
    """
    decision = Decision.PUBLISH if choice else strongest(targets)
    shared: tuple[Step, ...] = ()
    target_plans = tuple(TargetPlan(decided=decided) for decided in targets)
    if deploy is not None and artifact is not None:
        target_plans = tuple(_target_plan(decided, deploy, artifact, engines, half) for decided in targets)
        shared = _release_steps(decision, deploy, artifact, choice)
        shared += _github_release_step(deploy, artifact, half is not Half.DEPLOY and _acts(shared, target_plans))
    planned = Plan(
        decision=decision,
        head=head,
        latest=latest,
        changes=changes,
        target_plans=target_plans,
        choice=choice,
        deploy=deploy,
        shared=shared,
        notes=tuple(notes),
        half=half,
    )
    return _with_refs(planned, artifact) if artifact else planned


def _with_refs(planned: Plan, artifact: ArtifactState) -> Plan:
    """The plan with what the remote has of its branch and of reservations."""
    return replace(planned, branch=artifact.branch, reserved=artifact.reserved, stale=artifact.stale)


def _acts(shared: tuple[Step, ...], target_plans: tuple[TargetPlan, ...]) -> bool:
    return any(step.state is _NEEDED for step in shared) or any(each.needed for each in target_plans)


def _left(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps with those that are needed left to the other half; a deploy stands for the steps around it."""
    left = tuple(replace(step, state=StepState.LEFT) if step.state is _NEEDED else step for step in steps)
    deploy = tuple(step for step in left if step.name is StepName.DEPLOY and step.state is StepState.LEFT)
    return deploy or left


def _release_steps(
    decision: Decision, deploy: Release, artifact: ArtifactState, choice: VersionChoice | None
) -> tuple[Step, ...]:
    state, why = _artifact_state(decision, deploy, artifact)
    version, commit = str(deploy.version), deploy.commit[:12]
    stamps = f"--version {version}" + (f" --app-version {version}" if artifact.stamps_app_version else "")
    package_why = f"{artifact.path} at {commit}" + (f"; {choice.why}" if choice else "") if state is _NEEDED else why
    return (
        Step(
            name=StepName.PACKAGE,
            state=state,
            why=package_why,
            command=f"helm package {shlex.quote(artifact.path)} {stamps}",
        ),
        Step(
            name=StepName.PUBLISH,
            state=state,
            why=f"{why}; signed with {shown(artifact.sign_key)}" if artifact.sign_key and state is _NEEDED else why,
            command=_push_command(f"{artifact.chart}-{version}.tgz", artifact.reference),
        ),
        *_provenance_step(deploy, artifact, state),
        *_sign_step(artifact, state),
        _tag_step(deploy, artifact),
    )


def _push_command(archive: str, reference: str) -> str:
    """helm push takes the repository without the chart's name, and adds the name itself."""
    if reference.startswith("oci://"):
        return shlex.join(["helm", "push", archive, reference.rpartition("/")[0]])
    return shlex.join(["cp", "--no-clobber", archive, reference])


def _provenance_step(deploy: Release, artifact: ArtifactState, published: StepState) -> tuple[Step, ...]:
    """State it until the version is tagged, as an earlier run may have ended before; a registry is not asked for it."""
    if not artifact.provenance or (published is not _NEEDED and artifact.tagged):
        return ()
    attach = ("oras", "attach", "--artifact-type", MEDIA_TYPE)
    place = f"{artifact.reference.removeprefix('oci://')}:{str(deploy.version).replace('+', '_')}"
    command = shlex.join([*attach, place, f"{artifact.chart}-{deploy.version}.provenance.json"])
    why = "a statement of its commit goes beside the package"
    return (Step(name=StepName.PROVENANCE, state=_NEEDED, why=why, command=command),)


def _sign_step(artifact: ArtifactState, published: StepState) -> tuple[Step, ...]:
    """Sign unless the version is tagged: an earlier run may have ended between publish and sign."""
    if not artifact.sign_command:
        return ()
    due = published is _NEEDED or not artifact.tagged
    why = "the published package is signed before its tag" if due else f"{artifact.reference} is tagged already"
    state = _NEEDED if due else StepState.UNKNOWN
    return (Step(name=StepName.SIGN, state=state, why=why, command=shlex.join(map(shown, artifact.sign_command))),)


def _github_release_step(deploy: Release, artifact: ArtifactState, acts: bool) -> tuple[Step, ...]:
    """A run that changes something creates the Release where it is missing; any other does not ask GitHub."""
    if not artifact.page:
        return ()
    state = _NEEDED if acts else StepState.UNKNOWN
    why = "a Release with the notes, unless there is one" if acts else "GitHub was not asked for a Release"
    command = shlex.join(["gh", "release", "create", deploy.tag, "--verify-tag", "--notes-from-tag"])
    return (Step(name=StepName.GITHUB_RELEASE, state=state, why=f"{artifact.page}/releases: {why}", command=command),)


def _tag_step(deploy: Release, artifact: ArtifactState) -> Step:
    ref = f"refs/tags/{deploy.tag}"
    if artifact.tagged:
        state, why = _SATISFIED, f"{deploy.tag} points at {deploy.commit[:12]}"
    else:
        state, why = _NEEDED, f"{deploy.tag} does not exist yet"
    push = ["git", "push", "origin", ref]
    if artifact.branch:
        why += f"; {artifact.branch} gets a commit that writes {deploy.version} into {artifact.path}/Chart.yaml"
        push = ["git", "push", "--atomic", "origin", ref, f"{ref}^{{commit}}:refs/heads/{artifact.branch}"]
    return Step(name=StepName.TAG, state=state, why=why, command=shlex.join(push))


def _artifact_state(decision: Decision, deploy: Release, artifact: ArtifactState) -> tuple[StepState, str]:
    match artifact.answer:
        case Present(digest=digest) if artifact.proven or decision is not Decision.PUBLISH:
            return _SATISFIED, f"{artifact.reference} holds {digest[:19]}…"
        case Absent() if decision is not Decision.PUBLISH:
            return (
                _NEEDED,
                f"{artifact.reference} lacks {deploy.version} although it is tagged: rebuilt from {deploy.tag}",
            )
        case Absent():
            return _NEEDED, f"{artifact.reference} does not hold {deploy.version} yet"
        case NotAsked(why=why) if decision is not Decision.PUBLISH:
            return _SATISFIED, f"{deploy.tag} is a release; the registry was not asked: {why}"
        case NotAsked(why=why):
            return _NEEDED, f"the registry was not asked: {why}"
        case CannotTell(why=why):
            return _NEEDED, f"{artifact.reference} cannot be read: {why}"
    return _NEEDED, f"{artifact.reference} holds other content"


def _target_plan(
    decided: TargetDecision, deploy: Release, artifact: ArtifactState, engines: Engines, half: Half
) -> TargetPlan:
    command = engines.command(decided.target, artifact.reference, str(deploy.version))
    steps = engines.steps(decided, _deploy_step(decided, deploy, command))
    return TargetPlan(decided=decided, steps=_left(steps) if half is Half.RELEASE else steps)


def _idle_state(decided: TargetDecision) -> StepState:
    """Of a deploy that is not needed."""
    if decided.superseded:
        return StepState.SUPERSEDED
    if decided.hold:
        return StepState.HELD
    if decided.waiting:
        return StepState.WAITING
    return StepState.UNKNOWN if isinstance(decided.live, NotObserved) else _SATISFIED


def _deploy_step(decided: TargetDecision, deploy: Release, command: str) -> Step:
    target = decided.target
    state = _NEEDED if decided.decision is not Decision.NOTHING else _idle_state(decided)
    observed = [reason.why for reason in decided.reasons if reason.path is None]
    if observed:
        why = observed[-1]
    elif decided.decision is Decision.PUBLISH:
        why = f"{deploy.version} is new"
    else:
        why = "its values changed" if state is _NEEDED else "no path that it watches changed"
    return Step(
        name=StepName.DEPLOY,
        state=state,
        why=why,
        command=command,
        target=target.name,
    )
