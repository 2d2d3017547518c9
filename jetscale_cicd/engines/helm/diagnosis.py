"""Why helm failed: the namespace is observed before a rollback replaces the pods that show it."""

from jetscale_cicd.decide.objects.diagnose import diagnose
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
        rows = ReleaseObjects.of(api, target, stored, since).ledger().rows if stored else ()
        diagnosis = diagnose(rows, ended.message, ended.phase, ended.unredacted)
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
    log = read_log(api, target.namespace, diagnosis.source) if diagnosis.source else ()
    if log and diagnosis.read_log:
        diagnosis = replace(diagnosis, next_step="correct what the last lines of its log, above, show")
    return replace(diagnosis, log=log)
