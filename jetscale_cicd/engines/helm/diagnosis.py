"""Why helm failed: the namespace is observed before a rollback replaces the pods that show it."""

from jetscale_cicd.decide.objects.diagnose import diagnose
from jetscale_cicd.decide.objects.late_hooks import with_late_hook
from jetscale_cicd.engines.helm.progress import HelmEnd
from jetscale_cicd.engines.helm.release import HelmRelease
from jetscale_cicd.errors import CannotTellError, ConfigurationError
from jetscale_cicd.model.diagnosis import Diagnosis, FailedAt
from jetscale_cicd.model.record import replace
from jetscale_cicd.observe.cluster.helm_release import read_revision
from jetscale_cicd.observe.cluster.ledger import ReleaseObjects
from jetscale_cicd.observe.cluster.logs import read_log
from jetscale_cicd.tools.kubernetes import ApiFailure


def diagnose_failure(release: HelmRelease, ended: HelmEnd, since: str) -> Diagnosis:
    """The diagnosis of a helm that failed.

    Args:
        since: when it began, by the API server's clock.
    """
    api, target = release.api, release.target
    try:
        stored = read_revision(api, target, release.newest())
        objects = ReleaseObjects.of(api, target, stored, since) if stored else ReleaseObjects.none(api, target)
        rows = objects.ledger().rows
        there = {row.subject for row in rows if row.faults or row.state.is_green}
        gone = (row for row in ended.at_fault if row.subject not in there)
        diagnosis = diagnose((*rows, *gone), ended.message, ended.phase, ended.unredacted)
        diagnosis = with_late_hook(diagnosis, objects.hooks, target.namespace)
    except CannotTellError as unseen:
        if unseen.unreachable:
            return diagnose(None, unseen.message, FailedAt.CONNECTION)
        return diagnose(None, ended.message, ended.phase, ended.unredacted)
    except ApiFailure as failed:
        phase = FailedAt.CONNECTION if failed.unreachable else ended.phase
        return diagnose(None, failed.message or ended.message, phase)
    except (AttributeError, KeyError, TypeError, ValueError, ConfigurationError) as odd:  # may prevent no rollback
        release.announce(f"! the objects of the namespace could not be read: {type(odd).__name__} {odd}")
        return diagnose(None, ended.message, ended.phase, ended.unredacted)
    log: tuple[str, ...] = ()
    if source := diagnosis.source:
        log = read_log(api, target.namespace, source) or ended.logs.get(source, ())
    if log and diagnosis.read_log:
        diagnosis = replace(diagnosis, next_step="correct what the last lines of its log, above, show")
    return replace(diagnosis, log=log)
