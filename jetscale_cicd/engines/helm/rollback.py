"""`rollback` on a cluster: an earlier revision brought back under the lock, verified, and held."""

from jetscale_cicd.context import RunContext
from jetscale_cicd.engines.engine import Died
from jetscale_cicd.engines.helm.recover import before_attempt, recover
from jetscale_cicd.engines.helm.release import HelmRelease
from jetscale_cicd.engines.helm.session import cluster_of, locked, report_death, verify_release
from jetscale_cicd.errors import ConfigurationError, Interrupted, PreconditionError, Stage6Error, SupersededError
from jetscale_cicd.model.live import Deployed, Revision
from jetscale_cicd.model.rollback import RollbackOutcome
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.cluster.helm_release import (
    is_rollback_candidate,
    newest_good,
    observe_release,
    read_revision,
    revision_numbers,
)


def roll_back(context: RunContext, target: Target, to: int | None, died: Died) -> RollbackOutcome:
    """Bring a revision back.

    Args:
        to: the revision; None is the newest good one before what is deployed.
        died: told of a deploy whose process ended before it could record how.

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
        recovered = recover(release, finish=to is None, died=report_death(died))
        finished = release.made.rollback_to if recovered.rolled_back is not None else None
        chosen = finished or _choose(release, revision, to)
        after: Deployed | None = None
        try:
            number = recovered.rolled_back or release.roll_back(chosen)
            release.update_rollback_description(number, chosen, f"by hand, from revision {revision.number}")
            release.hide_secrets()
            after, _ = _deployed(release)
            verified = verify_release(context, release)
        except Stage6Error as failed:
            return RollbackOutcome(before=before, to=chosen, after=after, error=failed)
        except KeyboardInterrupt:
            interrupted = Interrupted(
                "INTERRUPTED",
                "interrupted",
                where=f"{target.namespace}/{target.release}",
                hint="run again: it goes on from what it finds",
            )
            return RollbackOutcome(before=before, to=chosen, after=after, error=interrupted)
    return RollbackOutcome(before=before, to=chosen, after=after, verified=verified)


def _moved(before: Deployed, revision: Revision, target: Target) -> SupersededError:
    """Which revision is the one to go back to was somebody's judgement of another state than this."""
    return SupersededError(
        "RELEASE_MOVED",
        f"while this waited for its lock, revision {revision.number} ({before.version}) became the newest: "
        f"{revision.description}",
        where=f"{target.namespace}/{target.release}",
        hint=f"look again: jetscale-cicd status; then, if need be: jetscale-cicd rollback --target {target.name}",
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
        if stored is None or not is_rollback_candidate(stored):
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
            f"Helm keeps {', '.join(map(str, sorted(kept)))}, and none up to {before} was good; what comes after "
            "was taken back before",
            where=f"{target.namespace}/{target.release}",
            hint=f"name one: jetscale-cicd rollback --target {target.name} --to N "
            f"(helm history {target.release} --namespace {target.namespace})",
        )
    return good


def _before(release: HelmRelease, number: int) -> int:
    """The number to look from; a rollback goes on from where it went, or it would bring back what was taken back."""
    stored = read_revision(release.api, release.target, number)
    while stored and stored.is_rollback:
        if stored.rollback_to is None or stored.status == "failed":
            return before_attempt(release, number)
        number = stored.rollback_to
        stored = read_revision(release.api, release.target, number)
    return number - 1
