"""What the API server says of a deploy before it is made: every object that changes, tried and not kept.

An object is applied as helm 4 does it: in Helm's name, so that what the chart no longer sets is taken away; strict, so
that a field that is none is an error; by force, as a run does it.

helm 3 applies nothing: it sends what the chart changed. And of what helm 3 deployed, a key that the chart no longer has
stays in such a trial, and goes in the deploy of either helm: a variable would have a value and a source, a volume two
kinds, a Service one name twice. So what an apply is refused for is tried a second time, as a client merges it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import quote

from jetscale_cicd.decide.cluster.drift import without_nulls
from jetscale_cicd.decide.cluster.manifests import Manifest, secrets_in
from jetscale_cicd.decide.cluster.refusals import (
    INVALID,
    KIND_REMOVED,
    LACKS_RIGHT,
    QUOTA,
    Meaning,
    Refused,
    classify,
    refusal_error,
)
from jetscale_cicd.decide.cluster.rights import DeployScope
from jetscale_cicd.decide.cluster.trials import Trial, merge_patch, own_kinds, renamed, trials
from jetscale_cicd.decide.needs.hooks import BEFORE_CREATION, user_of
from jetscale_cicd.decide.needs.shapes import part, parts
from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.observe.cluster.kinds import Kinds
from jetscale_cicd.tools.beside import each_beside
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes

_MANAGER = "helm"
_DRY = {"dryRun": "All", "fieldManager": _MANAGER}
_APPLY, _MERGE = "application/apply-patch+yaml", "application/merge-patch+json"
# Status of an object that is refused as it would be, not as it was sent.
_UNPROCESSABLE = 422
# The answer to an apply of what is no object of its kind; to ask again gives the same.
_FINAL = (500,)
_MOST = 1000
_SHOWN, _NOTES = 5, 20
_OWN = "its definition comes with this deploy"
_TOO_MANY = f"more than {_MOST:,} objects change"


@frozen(kw_only=True)
class PolicyReview:
    """What the API server says of a deploy.

    Args:
        refused: everything that it would not take, and what it could not tell.
        notes: what it warns of, and what could not be tried.
        untried: there was something to try, and nothing of it could be.
    """

    refused: tuple[Stage6Error, ...] = ()
    notes: tuple[str, ...] = ()
    untried: bool = False


class _Answer(NamedTuple):
    """What became of a trial; ``unchecked`` says why it tells nothing."""

    trial: Trial
    error: Stage6Error | None = None
    unchecked: str = ""
    warnings: tuple[str, ...] = ()


def check_policy(
    api: Kubernetes,
    scope: DeployScope,
    manifests: Sequence[Manifest],
    deployed: Sequence[Manifest] = (),
    *,
    applies: bool = True,
) -> PolicyReview:
    """Try every object of a deploy that is new or changed, its hooks, and a pod of each of its workloads.

    Args:
        manifests: the objects of the deploy, hooks and ``crds/`` included.
        deployed: the objects of the revision that is deployed; what is unchanged is not sent.
        applies: the deploy is one of helm 4, which has the server merge; to helm 3 a field that is none is a warning.

    Raises:
        CannotTellError: ``DRY_RUN_FAILED``, the API server does not answer.
    """
    api.redact.learn(secrets_in(manifests, api.redact.is_secret_name))  # a refusal may repeat what it refuses
    all_trials = trials(scope, manifests, deployed)
    tried, kinds = all_trials[:_MOST], Kinds(api)
    own = own_kinds(manifests, deployed, scope.namespace)
    attempt = _Attempt(api, kinds, scope, own, applies=applies)
    answers = each_beside(attempt.of, tried)
    answers += [_Answer(each, unchecked=_TOO_MANY) for each in all_trials[_MOST:]]
    untried = bool(answers) and all(each.unchecked for each in answers)
    return PolicyReview(refused=tuple(_errors(answers)), notes=tuple(_notes(answers))[:_NOTES], untried=untried)


@frozen
class _Attempt:
    api: Kubernetes
    kinds: Kinds
    scope: DeployScope
    own: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    applies: bool = True

    def of(self, trial: Trial) -> _Answer:
        """Try one object."""
        manifest, warnings = trial.manifest, list[str]()
        if (manifest.api_version.rpartition("/")[0], manifest.kind) in self.own:
            return _Answer(trial, unchecked=_OWN)
        try:
            self._send(trial, warnings)
        except ApiFailure as failed:
            return self._refused(trial, failed, tuple(warnings))
        return _Answer(trial, warnings=tuple(warnings))

    def _send(self, trial: Trial, warnings: list[str]) -> None:
        if not trial.creates:
            self._apply(trial, warnings)
            return
        path = self._pods(trial) if trial.is_pod else self.kinds.collection(trial.manifest, self.scope.namespace)
        try:
            self._ask("POST", path, trial.body, warnings)
        except ApiFailure as failed:
            if not failed.conflict:
                raise
            self._ask("POST", path, renamed(trial).body, warnings)

    def _apply(self, trial: Trial, warnings: list[str]) -> None:
        path = self.kinds.path(trial.manifest, self.scope.namespace)
        try:
            self._ask("PATCH", path, trial.body, warnings, content=_APPLY)
        except ApiFailure as failed:
            if not self._is_merged_by_a_client(path, failed):
                raise
            self._merge(trial, path, warnings, failed)

    def _merge(self, trial: Trial, path: str, warnings: list[str], applied: ApiFailure) -> None:
        """What helm sends of an object that was not applied by it until now.

        Raises:
            ApiFailure: it is refused; as it was applied, where the cluster has another object than the revision.
        """
        try:
            if trial.before is None:
                self._ask("POST", path.rpartition("/")[0], trial.body, warnings)
            else:
                patch = merge_patch(*map(without_nulls, (trial.before.document, trial.manifest.document)))
                self._ask("PATCH", path, patch, warnings, content=_MERGE)
        except ApiFailure as failed:
            raise (applied if failed.conflict or failed.status == 404 else failed) from None

    def _is_merged_by_a_client(self, path: str, applied: ApiFailure) -> bool:
        """Whether a deploy comes to another object than an apply does: by helm 3, or of what helm 3 deployed."""
        if classify(applied.status, applied.message) is not INVALID:
            return False
        return not self.applies or (applied.status == _UNPROCESSABLE and self._is_of_a_client(path))

    def _is_of_a_client(self, path: str) -> bool:
        """Whether Helm owns fields of it that it did not apply; helm 4 takes them over before it applies."""
        try:
            found = self.api.get(path) or {}
        except ApiFailure:
            return False
        managers = parts(part(found, "metadata"), "managedFields")
        return any((each.get("manager"), each.get("operation")) == (_MANAGER, "Update") for each in managers)

    def _ask(
        self, method: str, path: str, body: dict[str, object], warnings: list[str], *, content: str = "application/json"
    ) -> None:
        query = _DRY | {"fieldValidation": "Strict" if self.applies else "Warn"}
        query |= {"force": "true"} if content == _APPLY else {}
        self.api.request(method, path, query=query, body=body, content=content, final=_FINAL, warnings=warnings)

    def _pods(self, trial: Trial) -> str:
        namespace = trial.manifest.namespace or self.scope.namespace
        return f"/api/v1/namespaces/{quote(namespace, safe='')}/pods"

    def _refused(self, trial: Trial, failed: ApiFailure, warnings: tuple[str, ...]) -> _Answer:
        rule = classify(failed.status, failed.message)
        if rule and rule.meaning is Meaning.UNCHECKED:
            why = "" if trial.is_pod and rule is not LACKS_RIGHT else rule.hint
            return _Answer(trial, unchecked=why, warnings=warnings)
        if rule is QUOTA and (not trial.adds if trial.is_pod else self._is_replaced(trial.manifest)):
            return _Answer(trial, warnings=warnings)
        manifest, message = trial.manifest, failed.message
        if rule is KIND_REMOVED:
            message += self._served_versions(manifest)
        refused = Refused(
            subject=trial.subject,
            kind="Pod" if trial.is_pod else manifest.kind,
            name=manifest.name,
            namespace=self._namespace(trial),
            source=manifest.source,
            status=failed.status,
            message=message,
        )
        error = refusal_error(refused)
        if rule is None and failed.unreachable:
            raise error  # and so it is for all others
        return _Answer(trial, error=error, warnings=warnings)

    def _is_replaced(self, manifest: Manifest) -> bool:
        """Whether it is a hook of an earlier deploy, whose room it gets: Helm deletes that one before."""
        if not manifest.hook or BEFORE_CREATION not in user_of(manifest, self.scope.namespace).policies:
            return False
        try:
            return self.api.get(self.kinds.path(manifest, self.scope.namespace)) is not None
        except ApiFailure:
            return False

    def _served_versions(self, manifest: Manifest) -> str:
        group = manifest.api_version.rpartition("/")[0]
        versions = self.kinds.versions(group) if group else ()
        return f"; of {group} it has {', '.join(versions)}" if versions else ""

    def _namespace(self, trial: Trial) -> str:
        try:
            namespaced = trial.is_pod or self.kinds.resource(trial.manifest).namespaced
        except ApiFailure:
            namespaced = True
        return (trial.manifest.namespace or self.scope.namespace) if namespaced else ""


def _errors(answers: Sequence[_Answer]) -> Iterator[Stage6Error]:
    """Each refusal; of a pod only where its workload is taken, for both are refused alike where that is not."""
    refused = {id(each.trial.manifest) for each in answers if each.error and not each.trial.is_pod}
    for each in answers:
        if each.error and not (each.trial.is_pod and id(each.trial.manifest) in refused):
            yield each.error


def _notes(answers: Sequence[_Answer]) -> Iterator[str]:
    said: dict[str, list[str]] = {}
    for each in answers:
        for warning in each.warnings:
            said.setdefault(warning, []).append(each.trial.subject)
    for warning, subjects in said.items():
        yield f"the cluster warns of {_listed(subjects)}: {warning}"
    reasons: dict[str, list[str]] = {}
    for each in answers:
        if each.unchecked:
            reasons.setdefault(each.unchecked, []).append(each.trial.subject)
    for reason, subjects in reasons.items():
        yield f"not tried on the cluster: {_listed(subjects)}: {reason}"


def _listed(subjects: Iterable[str]) -> str:
    names = list(dict.fromkeys(subjects))
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
