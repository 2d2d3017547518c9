"""`rollback` on a cluster: an earlier revision brought back under the lock, verified, and held."""

from collections.abc import Callable

from jetscale_cicd.context import RunContext
from jetscale_cicd.decide.cluster.revisions import is_rollback, is_rollback_candidate, rollback_to
from jetscale_cicd.engines.engine import RollbackReports
from jetscale_cicd.engines.helm.recover import before_attempt, recover
from jetscale_cicd.engines.helm.release import HelmRelease
from jetscale_cicd.engines.helm.rollback import error_of, record_rollback
from jetscale_cicd.engines.helm.rollback import roll_back as helm_rollback
from jetscale_cicd.engines.helm.session import cluster_of, locked, revision_report, verify_release
from jetscale_cicd.errors import ConfigurationError, Interrupted, PreconditionError, Stage6Error, SupersededError
from jetscale_cicd.model.live import Deployed, Revision
from jetscale_cicd.model.record import replace
from jetscale_cicd.model.revision import RollbackCause, RollbackRecord
from jetscale_cicd.model.rollback import RollbackOutcome
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.helm_release import newest_good, observe_release, read_revision, revision_numbers


def roll_back(context: RunContext, target: Target, to: int | None, reports: RollbackReports) -> RollbackOutcome:
    """Bring a revision back.

    Args:
        to: the revision; None is the newest good one before what is deployed.
        reports: called while the release is locked.

    Raises:
        PreconditionError: ``NOTHING_TO_ROLL_BACK``, or there is no cluster.
        ConfigurationError: ``NO_SUCH_RELEASE_REVISION``.
        SupersededError: the release was changed while this waited for its lock, or is being changed.
    """
    seen = revision_numbers(cluster_of(context, target), target)
    with locked(context, target) as release:
        before, revision = _deployed(release)
        if to is None and seen[:1] != [revision.number]:
            raise _moved(before, revision, target)
        recovered = recover(release, finish=to is None, report=revision_report(reports.interrupted))
        completed = release.new_revisions.rollback_to if recovered.rolled_back is not None else None
        chosen = completed or _choose(release, revision, to)
        asked = RollbackRecord(of=revision.number, to=chosen, cause=RollbackCause.REQUESTED)
        return _bring_back(context, release, before, asked, recovered.rolled_back, ended=reports.ended)


def _bring_back(
    context: RunContext,
    release: HelmRelease,
    before: Deployed,
    asked: RollbackRecord,
    completed: int | None,
    *,
    ended: Callable[[RollbackOutcome], None],
) -> RollbackOutcome:
    """Roll back, unless that was completed already, and verify.

    Args:
        completed: the revision that completed the rollback of an interrupted run; None where there was none.
        ended: called with the outcome, also where something else than an expected error ends the rollback.
    """
    outcome = RollbackOutcome(before=before, to=asked.to)
    try:
        if completed is not None:
            record_rollback(release, completed, asked)
        elif failed := error_of(release, helm_rollback(release, asked)):
            raise failed
        release.hide_secrets()
        after, _ = _deployed(release)
        outcome = replace(outcome, after=after)
        outcome = replace(outcome, verified=verify_release(context, release))
    except Stage6Error as error:
        outcome = replace(outcome, error=error)
    except KeyboardInterrupt:
        hint = "run again: it continues from there"
        interrupted = Interrupted("INTERRUPTED", "interrupted", where=release.name, hint=hint)
        outcome = replace(outcome, error=interrupted)
    finally:
        ended(outcome)
    return outcome


def _moved(before: Deployed, revision: Revision, target: Target) -> SupersededError:
    """The error where the release changed since the rollback was asked for, so that another revision may be meant."""
    return SupersededError(
        "RELEASE_MOVED",
        f"while this run waited for the lock, revision {revision.number} ({before.version}) became the newest: "
        f"{revision.description}",
        where=f"{target.namespace}/{target.release}",
        hint=f"check it: jetscale-cicd status; then, if needed: jetscale-cicd rollback --target {target.name}",
    )


def _deployed(release: HelmRelease) -> tuple[Deployed, Revision]:
    live = observe_release(release.api, release.target)
    if not isinstance(live, Deployed) or live.revision is None:
        raise PreconditionError(
            "NOTHING_TO_ROLL_BACK",
            f"there is no release {release.target.release} in {release.target.namespace}",
            where=f"target {release.target.name}",
            hint="deploy it first: jetscale-cicd stage6",
        )
    return live, live.revision


def _choose(release: HelmRelease, revision: Revision, to: int | None) -> int:
    target = release.target
    kept = revision_numbers(release.api, target)
    if to is not None:
        if to not in kept or to == revision.number:
            raise ConfigurationError(
                "NO_SUCH_RELEASE_REVISION",
                f"revision {to} cannot be brought back: Helm keeps {', '.join(map(str, sorted(kept)))}, "
                f"and {revision.number} is the newest",
                where="--to",
                hint=f"helm history {target.release} --namespace {target.namespace}",
            )
        stored = read_revision(release.api, target, to)
        if stored is None or not is_rollback_candidate(stored.revision):
            raise ConfigurationError(
                "NO_SUCH_RELEASE_REVISION",
                f"revision {to} was never deployed: it failed",
                where="--to",
                hint=f"why, and which were: helm history {target.release} --namespace {target.namespace}",
            )
        return to
    before = _before(release, revision.number)
    good = newest_good(release.api, target, before)
    if good is None:
        raise PreconditionError(
            "NOTHING_TO_ROLL_BACK",
            f"Helm keeps {', '.join(map(str, sorted(kept)))}, and none up to {before} was good; "
            "later ones were taken back",
            where=f"{target.namespace}/{target.release}",
            hint=f"name one: jetscale-cicd rollback --target {target.name} --to N "
            f"(helm history {target.release} --namespace {target.namespace})",
        )
    return good


def _before(release: HelmRelease, number: int) -> int:
    """The number to search from: before the revision that a rollback brought back, or it would undo that rollback."""
    stored = read_revision(release.api, release.target, number)
    while stored and is_rollback(stored.revision):
        to = rollback_to(stored.revision)
        if to is None or stored.status == "failed":
            return before_attempt(release, number)
        number = to
        stored = read_revision(release.api, release.target, number)
    return number - 1
