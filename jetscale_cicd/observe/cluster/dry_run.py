"""What the API server says of a deploy before it is made: every object that changes, tried and not kept."""

from collections.abc import Iterable, Iterator, Sequence

from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.decide.cluster.refusals import NAMESPACE_TERMINATES, NO_NAMESPACE
from jetscale_cicd.decide.cluster.rights import DeployScope
from jetscale_cicd.decide.cluster.trials import own_kinds, trials
from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.record import frozen
from jetscale_cicd.observe.cluster.attempt import Answer, Attempt
from jetscale_cicd.observe.cluster.kinds import Kinds
from jetscale_cicd.tools.beside import each_beside
from jetscale_cicd.tools.kubernetes import Kubernetes

_MOST = 1000
_SHOWN, _NOTES = 5, 20
_TOO_MANY = f"more than {_MOST:,} objects change"


@frozen(kw_only=True)
class PolicyReview:
    """What the API server says of a deploy.

    Args:
        refused: everything that it would not take, and what it could not tell.
        notes: what it warns of, and what could not be tried.
        untried: there was something to try, and nothing of it could be.
        namespace_is_missing: an object of the release's namespace was refused for that.
        namespace_terminates: so was one, because the namespace is being deleted.
    """

    refused: tuple[Stage6Error, ...] = ()
    notes: tuple[str, ...] = ()
    untried: bool = False
    namespace_is_missing: bool = False
    namespace_terminates: bool = False


def check_policy(
    api: Kubernetes,
    scope: DeployScope,
    manifests: Sequence[Manifest],
    deployed: Sequence[Manifest] = (),
) -> PolicyReview:
    """Try every object of a deploy that is new or changed, its hooks, and a pod of each of its workloads.

    Args:
        manifests: the objects of the deploy, hooks and ``crds/`` included.
        deployed: the objects of the revision that is deployed; what is unchanged is not sent.

    Raises:
        CannotTellError: ``DRY_RUN_FAILED``, the API server does not answer.
        ApiFailure: it does not know this run (any more).
    """
    all_trials = trials(scope, manifests, deployed)
    tried, kinds = all_trials[:_MOST], Kinds(api)
    own = own_kinds(scope, manifests, deployed)
    limits = any(each.manifest.kind == "LimitRange" and each.before is None for each in tried)
    attempt = Attempt(api, kinds, scope, own, limits)
    answers = each_beside(attempt.of, tried)
    answers += [Answer(each, unchecked=_TOO_MANY) for each in all_trials[_MOST:]]
    within = [each for each in answers if (each.trial.manifest.namespace or scope.namespace) == scope.namespace]
    return PolicyReview(
        refused=tuple(_errors(answers)),
        notes=tuple(_notes(answers))[:_NOTES],
        untried=bool(answers) and all(each.unchecked for each in answers),
        namespace_is_missing=any(each.rule is NO_NAMESPACE for each in within),
        namespace_terminates=any(each.rule is NAMESPACE_TERMINATES for each in within),
    )


def _errors(answers: Sequence[Answer]) -> Iterator[Stage6Error]:
    """Each refusal; of a pod only where its workload is taken, for both are refused alike where that is not."""
    refused = {id(each.trial.manifest) for each in answers if each.error and not each.trial.is_pod}
    for each in answers:
        if each.error and not (each.trial.is_pod and id(each.trial.manifest) in refused):
            yield each.error


def _notes(answers: Sequence[Answer]) -> Iterator[str]:
    said: dict[str, list[str]] = {}
    for each in answers:
        for warning in each.warnings:
            said.setdefault(warning, []).append(each.trial.subject)
    for warning, subjects in said.items():
        yield f"the cluster warns of {_listed(subjects)}: {warning}"
    reasons: dict[str, list[str]] = {}
    for each in answers:
        if each.unchecked and not each.told:
            reasons.setdefault(each.unchecked, []).append(each.trial.subject)
    for reason, subjects in reasons.items():
        yield f"not tried on the cluster: {_listed(subjects)}: {reason}"


def _listed(subjects: Iterable[str]) -> str:
    names = list(dict.fromkeys(subjects))
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
