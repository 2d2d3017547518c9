"""`rollback`: an earlier revision of a target brought back under the lock, on record, and held."""

from jetscale_cicd.act.acting import Surroundings
from jetscale_cicd.act.audit import append_audit, check_audit, rollback_entry
from jetscale_cicd.act.cluster import locked, verify_release
from jetscale_cicd.act.unlock import before_attempt, unlock
from jetscale_cicd.engines.helm import HelmRelease
from jetscale_cicd.engines.stored_release import rewrite
from jetscale_cicd.errors import ConfigurationError, PreconditionError, Stage6Error
from jetscale_cicd.model.live import Deployed, Revision
from jetscale_cicd.model.rollback import Rollback
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.helm_release import observe_release, read_revision, revision_numbers


def roll_back(world: Surroundings, target: Target, to: int | None) -> Rollback:
    """Bring a revision back.

    Args:
        to: the revision; None is the newest good one before what is deployed.

    Raises:
        PreconditionError: ``NOTHING_TO_ROLL_BACK``, or there is no cluster.
        ConfigurationError: ``NO_SUCH_RELEASE_REVISION``.
        DeployError: helm could not; VerificationError: it could, and what is there now is not as it should be.
    """
    check_audit(world.request.audit)
    with locked(world, target) as release:
        unlocked = unlock(release, finish=to is None)
        before, revision = _deployed(release)
        finished = revision.rollback_to if unlocked.rolled_back is not None else None
        chosen = finished or _choose(release, revision, to)
        done: Deployed | None = None
        error: Stage6Error | None = None
        try:
            number = revision.number if finished else release.roll_back(chosen)
            run = f" run={world.request.event.run_url}" if world.request.event.run_url else ""
            said = f"Rollback to {chosen}: by hand, from revision {revision.number}{run}"
            rewrite(release.api, target, number, describe=lambda _: said)
            done, _ = _deployed(release)
            verified = verify_release(world, release)
        except Stage6Error as failed:
            error = failed
            raise
        finally:
            shown = before if done is None else done
            entry = rollback_entry(world, target, shown, chosen, error, done=done is not None)
            try:
                append_audit(world.request.audit, entry, world.redact)
            except Stage6Error as unwritable:  # how the rollback ended is what has to be heard
                world.announce(f"! {unwritable.message}: {unwritable.where}")
    return Rollback(target=target, before=before, to=chosen, after=done, verified=verified)


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
        if not release.was_good(to):
            raise ConfigurationError(
                "NO_SUCH_RELEASE_REVISION",
                f"revision {to} was never deployed: it failed",
                where="--to",
                hint=f"why, and which were: helm history {target.release} --namespace {target.namespace}",
            )
        return to
    good = release.newest_good(_before(release, revision.number))
    if good is None:
        raise PreconditionError(
            "NOTHING_TO_ROLL_BACK",
            "no revision before what is deployed was ever deployed, and none that was taken back is brought back",
            where=f"{target.namespace}/{target.release}",
            hint=f"helm history {target.release} --namespace {target.namespace}",
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
