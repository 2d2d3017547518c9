"""`rollback`: an earlier revision of a target brought back under the lock, on record, and held."""

from contextlib import suppress

from jetscale_cicd.act.acting import Surroundings
from jetscale_cicd.act.audit import append_audit, check_audit, rollback_entry
from jetscale_cicd.act.cluster import locked, verify_release
from jetscale_cicd.act.unlock import unlock
from jetscale_cicd.engines.helm import HelmRelease
from jetscale_cicd.engines.stored_release import rewrite
from jetscale_cicd.errors import ConfigurationError, PreconditionError, Stage6Error
from jetscale_cicd.model.live import Deployed, Revision
from jetscale_cicd.model.rollback import Rollback
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.helm_release import observe_release, revision_numbers


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
        _ = unlock(release)
        before, revision = _deployed(release)
        chosen = _choose(release, revision, to)
        done: Deployed | None = None
        error: Stage6Error | None = None
        try:
            number = release.roll_back(chosen)
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
            if error:  # it is what has to be heard
                with suppress(Stage6Error):
                    append_audit(world.request.audit, entry, world.redact)
            else:
                append_audit(world.request.audit, entry, world.redact)
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
        return to
    # A rollback of a rollback would bring back what was taken back: go on from where that one went.
    good = release.newest_good((revision.rollback_to or revision.number) - 1)
    if good is None:
        raise PreconditionError(
            "NOTHING_TO_ROLL_BACK",
            f"no revision before {revision.rollback_to or revision.number} was ever deployed",
            where=f"{target.namespace}/{target.release}",
            hint=f"helm history {target.release} --namespace {target.namespace}",
        )
    return good
