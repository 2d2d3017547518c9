"""One object of a deploy, tried on the API server and not kept.

An object is applied as helm 4 does it: in Helm's name, so that what the chart no longer sets is taken away; strict, so
that a field that is none is an error; by force, as a run does it.

helm 3 applies nothing: it sends what the chart changed. And of what helm 3 deployed, a key that the chart no longer has
stays in such a trial, and goes in the deploy of either helm: a variable would have a value and a source, a volume two
kinds, a Service one name twice. So what an apply is refused for is tried a second time, as a client merges it.
"""

from typing import NamedTuple
from urllib.parse import quote

from jetscale_cicd.decide.cluster.drift import without_nulls
from jetscale_cicd.decide.cluster.helm_refusals import NAME_BOUND, Leftover, generated_name, is_deleted_before
from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.decide.cluster.refusals import (
    A_POLICY,
    INVALID,
    KIND_REMOVED,
    LACKS_RIGHT,
    QUOTA,
    Meaning,
    RefusalRule,
    Refused,
    classify,
    refusal_error,
)
from jetscale_cicd.decide.cluster.rights import DeployScope
from jetscale_cicd.decide.cluster.trials import Trial, merge_patch, renamed, without_account
from jetscale_cicd.decide.fields import parts
from jetscale_cicd.errors import PreconditionError, Stage6Error
from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.observe.cluster.kinds import Kinds
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes

_MANAGER = "helm"
# helm 3 lets the server drop a field that is none, with a warning; what the commit says would not be there then.
_DRY = {"dryRun": "All", "fieldManager": _MANAGER, "fieldValidation": "Strict"}
_APPLY, _MERGE = "application/apply-patch+yaml", "application/merge-patch+json"
# Status of an object that is refused as it would be, not as it was sent.
_UNPROCESSABLE = 422
_UNAUTHORIZED = 401
# The answer to an apply of what is no object of its kind; to ask again gives the same.
_FINAL = (500,)
_OWN = "its definition comes with this deploy"
_NO_ACCOUNT = "error looking up service account"
# Of a quota, to containers without requests or limits.
_UNSAID = "must specify"
# Of the port or the address that a Service names.
_HELD = "is already allocated"


class Answer(NamedTuple):
    """What became of a trial.

    Args:
        unchecked: why it tells nothing; "" where it does.
        told: that is said elsewhere.
        rule: the one of an answer that tells nothing.
    """

    trial: Trial
    error: Stage6Error | None = None
    unchecked: str = ""
    told: bool = False
    warnings: tuple[str, ...] = ()
    rule: RefusalRule | None = None


@frozen
class Attempt:
    """How objects are tried.

    Args:
        own: group and kind of what the deploy itself brings a definition for.
        limits: the deploy brings a LimitRange, by which containers get the requests that they do not name.
    """

    api: Kubernetes
    kinds: Kinds
    scope: DeployScope
    own: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    limits: bool = False

    def of(self, trial: Trial) -> Answer:
        """Try one object."""
        manifest, warnings = trial.manifest, list[str]()
        if error := None if trial.is_pod else generated_name(manifest, applies=self.scope.applies):
            return Answer(trial, error=error)
        if (manifest.group, manifest.kind) in self.own:
            return Answer(trial, unchecked=_OWN)
        try:
            self._send(trial, warnings)
        except PreconditionError as error:
            return Answer(trial, error=error, warnings=tuple(warnings))
        except ApiFailure as failed:
            if failed.status == _UNAUTHORIZED:  # which is no refusal of an object
                raise
            if trial.is_pod and _NO_ACCOUNT in failed.message:
                return self._of_default_account(trial)
            return self._refused(trial, failed, tuple(warnings))
        return Answer(trial, warnings=tuple(warnings))

    def _of_default_account(self, trial: Trial) -> Answer:
        """A pod whose account comes with the deploy; what a policy denies it may be about the account."""
        warnings = list[str]()
        try:
            self._ask("POST", self._pods(trial), without_account(trial).body, warnings)
        except ApiFailure as failed:
            rule = classify(failed.status, failed.message)
            if rule and rule.by == A_POLICY:
                return Answer(trial, unchecked="a policy judges it, and its account is not there yet")
            return self._refused(trial, failed, tuple(warnings))
        return Answer(trial, warnings=tuple(warnings))

    def _send(self, trial: Trial, warnings: list[str]) -> None:
        if not trial.creates:
            self._apply(trial, warnings)
            return
        path = self._pods(trial) if trial.is_pod else self.kinds.collection(trial.manifest, self.scope.namespace)
        try:
            self._ask("POST", path, trial.body, warnings)
        except ApiFailure as failed:
            if not failed.conflict or not trial.manifest.hook or trial.is_pod:
                raise
            self._make_anew(trial, path, warnings)

    def _make_anew(self, trial: Trial, collection: str, warnings: list[str]) -> None:
        """Try a hook that an earlier deploy left there.

        Raises:
            PreconditionError: ``HOOK_IN_THE_WAY``, Helm neither deletes it before nor can make it.
        """
        manifest = trial.manifest
        if not is_deleted_before(manifest):
            self._make_over(trial, warnings)
        elif manifest.kind == NAME_BOUND:
            path = self.kinds.path(manifest, self.scope.namespace)
            self._ask("PATCH", path, trial.body, warnings, content=_APPLY, force=True)
        else:
            self._ask("POST", collection, renamed(trial).body, warnings)

    def _make_over(self, trial: Trial, warnings: list[str]) -> None:
        """As helm makes a hook that it does not delete before: helm 3 creates it, helm 4 applies it."""
        manifest, path = trial.manifest, self.kinds.path(trial.manifest, self.scope.namespace)
        left = Leftover(manifest, self._namespace(trial), self.api.get(path) or {})
        if not self.scope.applies:
            raise left.error("helm 3 can only create it")
        if left.has_failed:
            raise left.error("it has failed")
        try:
            self._ask("PATCH", path, trial.body, warnings, content=_APPLY)
        except ApiFailure as failed:
            if not failed.conflict:
                raise
            raise left.error(f"helm 4 takes over nothing of it: {failed.message}") from None

    def _apply(self, trial: Trial, warnings: list[str]) -> None:
        path = self.kinds.path(trial.manifest, self.scope.namespace)
        try:
            self._ask("PATCH", path, trial.body, warnings, content=_APPLY, force=True)
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
        return not self.scope.applies or (applied.status == _UNPROCESSABLE and self._is_of_a_client(path))

    def _is_of_a_client(self, path: str) -> bool:
        """Whether Helm owns fields of it that it did not apply; helm 4 takes them over before it applies."""
        try:
            found = self.api.get(path) or {}
        except ApiFailure:
            return False
        managers = parts(found, "metadata", "managedFields")
        return any((each.get("manager"), each.get("operation")) == (_MANAGER, "Update") for each in managers)

    def _ask(
        self,
        method: str,
        path: str,
        body: dict[str, object],
        warnings: list[str],
        *,
        content: str = "application/json",
        force: bool = False,
    ) -> None:
        query = _DRY | ({"force": "true"} if force else {})
        self.api.request(method, path, query=query, body=body, content=content, final=_FINAL, warnings=warnings)

    def _pods(self, trial: Trial) -> str:
        namespace = trial.manifest.namespace or self.scope.namespace
        return f"/api/v1/namespaces/{quote(namespace, safe='')}/pods"

    def _refused(self, trial: Trial, failed: ApiFailure, warnings: tuple[str, ...]) -> Answer:
        rule = classify(failed.status, failed.message)
        if rule and rule.meaning is Meaning.UNCHECKED:
            told = trial.is_pod and rule is not LACKS_RIGHT  # by what is said of its workload, or of what it needs
            return Answer(trial, unchecked=rule.hint, told=told, warnings=warnings, rule=rule)
        if rule is QUOTA and self.limits and _UNSAID in failed.message:
            return Answer(trial, unchecked="its LimitRange comes with this deploy", warnings=warnings)
        if self._gets_its_room(trial, rule, failed):
            return Answer(trial, warnings=warnings)
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
        return Answer(trial, error=error, warnings=warnings)

    def _gets_its_room(self, trial: Trial, rule: RefusalRule | None, failed: ApiFailure) -> bool:
        """Whether it is refused only for what an object has that it replaces: room in a quota, a port of the nodes."""
        if trial.is_pod:
            return rule is QUOTA and not trial.adds
        return (rule is QUOTA or _HELD in failed.message) and self._is_replaced(trial.manifest)

    def _is_replaced(self, manifest: Manifest) -> bool:
        """Whether it is a hook of an earlier deploy, whose room it gets: Helm deletes that one before."""
        if not is_deleted_before(manifest):
            return False
        try:
            return self.api.get(self.kinds.path(manifest, self.scope.namespace)) is not None
        except ApiFailure:
            return False

    def _served_versions(self, manifest: Manifest) -> str:
        versions = self.kinds.versions(manifest.group) if manifest.group else ()
        return f"; of {manifest.group} it has {', '.join(versions)}" if versions else ""

    def _namespace(self, trial: Trial) -> str:
        try:
            namespaced = trial.is_pod or self.kinds.resource(trial.manifest).namespaced
        except ApiFailure:
            namespaced = True
        return (trial.manifest.namespace or self.scope.namespace) if namespaced else ""
