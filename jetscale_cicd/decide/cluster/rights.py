"""What a deploy asks the API server for: each access, what for, and whether a deploy fails without it.

What helm 3.22 and helm 4.3 ask for was recorded in front of a real API server (``helm upgrade --install`` and ``helm
rollback`` with the legacy wait, hooks, history and CRDs), and so was what a run itself asks for.
"""

from collections.abc import Iterable, Iterator, Sequence

from jetscale_cicd.decide.cluster.definitions import GROUP, is_definition, packaged_in
from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.decide.cluster.served import Resource, Served
from jetscale_cicd.model.record import field, frozen, replace
from jetscale_cicd.model.target import CrdsRule

# Kinds for which helm waits as hooks (helm, pkg/kube: watchUntilReady); of all others it takes the first answer.
_WATCHED = ("Job", "Pod")
# Of each kind of workload the kinds that a run lists to verify it (engines/helm/verify.py), as group and resource.
_VERIFIED = {
    ("apps", "Deployment"): (("apps", "deployments"), ("apps", "replicasets"), ("", "pods")),
    ("apps", "StatefulSet"): (("apps", "statefulsets"), ("", "pods")),
    ("apps", "DaemonSet"): (("apps", "daemonsets"), ("", "pods")),
    ("apps", "ReplicaSet"): (("apps", "replicasets"), ("", "pods")),
    ("batch", "Job"): (("batch", "jobs"), ("", "pods")),
    ("", "Pod"): (("", "pods"),),
}
# What is listed to say why a deploy failed (observe/cluster/ledger.py).
_DIAGNOSED = (
    *(("apps", name) for name in ("deployments", "statefulsets", "daemonsets", "replicasets")),
    *(("batch", name) for name in ("jobs", "cronjobs")),
    *(("", name) for name in ("pods", "events", "services", "persistentvolumeclaims")),
)
_STORAGE = "the revisions of the release, which Helm keeps in Secrets"
_SHOWN = 5


@frozen(kw_only=True)
class Access:
    """One thing that is asked of the API server.

    Args:
        group: of the API; "" is the core group.
        resource: in the plural, with a part: ``pods/log``.
        namespace: "" is the cluster.
        verb: of Kubernetes.
        names: the only objects that it is asked for; none where it is asked for objects of any name.
        purposes: what for.
        needed: whether a deploy fails without it; otherwise it can tell less.
    """

    group: str
    resource: str
    namespace: str
    verb: str
    names: tuple[str, ...] = field(default=(), compare=False)
    purposes: tuple[str, ...] = field(default=(), compare=False)
    needed: bool = field(default=True, compare=False)

    @property
    def full_name(self) -> str:
        """The resource as kubectl takes it: ``deployments.apps``, ``pods/log``."""
        name, _, part = self.resource.partition("/")
        return (f"{name}.{self.group}" if self.group else name) + (f"/{part}" if part else "")


@frozen(kw_only=True)
class DeployScope:
    """What a deploy does besides changing the objects of its release.

    Args:
        installs: it is the first one.
        unproven: the revision that it begins with failed: what is in that may have been refused.
        applies: it is one of helm 4, which applies what helm 3 creates.
        creates_namespace: the run makes the namespace.
        pull_secret: the Secret for images that the run keeps up to date; "" for none.
        secrets: those of the namespace that are read.
        external_secrets: those of the namespace that are read.
        rolls_back: a deploy that failed is taken back.
        tests: the chart's own tests are run.
        definitions: what is done about those in ``crds/``.
    """

    namespace: str
    release: str
    installs: bool = False
    unproven: bool = False
    applies: bool = True
    creates_namespace: bool = False
    pull_secret: str = ""
    secrets: tuple[str, ...] = ()
    external_secrets: tuple[str, ...] = ()
    rolls_back: bool = True
    tests: bool = False
    definitions: CrdsRule = "check"

    @property
    def hooks(self) -> frozenset[str]:
        """When hooks run in this deploy, in Helm's words."""
        verb = "install" if self.installs else "upgrade"
        return frozenset((f"pre-{verb}", f"post-{verb}", *(("test", "test-success") if self.tests else ())))

    def runs(self, manifest: Manifest) -> bool:
        """Whether an object is a hook that runs in this deploy; a rollback runs those of what it brings back."""
        return not self.hooks.isdisjoint(manifest.events)

    def makes(self, manifest: Manifest) -> bool:
        """Whether helm makes or changes an object, or the run does before helm: of ``crds/`` a first install alone."""
        return not manifest.is_of_crds or self.installs or self.applies_itself(manifest)

    def applies_itself(self, manifest: Manifest) -> bool:
        """Whether it is a definition that the run applies before helm."""
        return self.definitions == "apply" and manifest.is_of_crds and is_definition(manifest)


def needed_accesses(
    scope: DeployScope, manifests: Sequence[Manifest], served: Served, deployed: Sequence[Manifest] = ()
) -> tuple[Access, ...]:
    """Every access of a deploy, each once; as many as there are kinds, whatever the number of objects.

    Args:
        manifests: the objects of the deploy, and its hooks; with ``crds/``, which Helm installs in a first deploy.
        served: where their kinds are; a kind that is not served needs no right.
        deployed: the objects of the revision that is deployed.
    """
    found: dict[Access, Access] = {}
    for each in (
        *_of_objects(scope, manifests, served, deployed),
        *_of_definitions(scope, manifests),
        *_of_verification(scope, manifests),
        *_of_the_run(scope),
        *_of_diagnosis(scope),
    ):
        before = found.get(each)
        found[each] = _both(before, each) if before else each
    return tuple(found.values())


def _both(one: Access, other: Access) -> Access:
    """An access that is asked for twice: of any name, where one of them is; needed, where one of them is."""
    names = tuple(dict.fromkeys((*one.names, *other.names))) if one.names and other.names else ()
    purposes = dict.fromkeys((*one.purposes, *other.purposes))
    return replace(one, names=names, purposes=tuple(purposes), needed=one.needed or other.needed)


def _of_objects(
    scope: DeployScope, manifests: Sequence[Manifest], served: Served, deployed: Sequence[Manifest]
) -> Iterator[Access]:
    kept, there = (
        {each.identity(scope.namespace) for each in those if not each.hook} for those in (manifests, deployed)
    )
    hooks = [each for each in manifests if scope.runs(each)]
    lasting = [each for each in manifests if not each.hook and scope.makes(each)]
    new = [each for each in lasting if scope.unproven or each.identity(scope.namespace) not in there]
    changed = [*lasting, *hooks] if scope.applies else [each for each in lasting if each not in new]
    gone = [each for each in deployed if not each.is_kept and each.identity(scope.namespace) not in kept]
    watched = [each for each in hooks if each.kind in _WATCHED]
    for verb, needed, objects in (
        ("get", True, [*lasting, *hooks]),
        ("patch", True, changed),
        ("patch", False, lasting),  # one that is there already
        ("create", True, [*new, *hooks]),
        ("create", False, lasting),  # one that somebody deletes is made again
        ("delete", True, [*gone, *hooks]),
        ("delete", False, [each for each in new if scope.rolls_back and not each.is_of_crds]),
        ("list", True, watched),
        ("watch", True, watched),
    ):
        yield from _on_objects(scope, verb, objects, served, needed=needed)


def _on_objects(
    scope: DeployScope, verb: str, objects: Iterable[Manifest], served: Served, *, needed: bool
) -> Iterator[Access]:
    """One access for each kind and namespace, with the objects that it is needed for."""
    grouped: dict[tuple[Resource, str], list[Manifest]] = {}
    for each in objects:
        if resource := served.get((each.api_version, each.kind)):
            within = each.namespace or scope.namespace if resource.namespaced else ""
            grouped.setdefault((resource, within), []).append(each)
    for (resource, within), those in grouped.items():
        kind = those[0].kind
        what = f"{kind} {_listed([each.name for each in those])}"
        generated = any(each.is_generated for each in those)
        yield Access(
            group=resource.group,
            resource=resource.name,
            namespace=within,
            verb=verb,
            names=() if generated else tuple(dict.fromkeys(each.name for each in those)),
            purposes=(what,),
            needed=needed,
        )


def _of_verification(scope: DeployScope, manifests: Sequence[Manifest]) -> Iterator[Access]:
    for each in manifests:
        for of, resource in _VERIFIED.get((each.group, each.kind), ()) if not each.hook else ():
            yield _access(scope, of, resource, "list", f"to see that {each.kind} of the release is ready")


def _of_definitions(scope: DeployScope, manifests: Sequence[Manifest]) -> Iterator[Access]:
    """What the run itself does with the definitions of ``crds/``: it sees them, and applies them where it is to."""
    names = tuple(each.name for each in packaged_in(manifests))
    if not names or scope.definitions == "ignore":
        return
    for verb in ("get", "create", "patch") if scope.definitions == "apply" else ("get",):
        what = "to apply crds/" if scope.definitions == "apply" else "to see that crds/ is on the cluster"
        access = _access(scope, GROUP, "customresourcedefinitions", verb, f"{what}: {_listed(names)}", names=names)
        yield replace(access, namespace="")


def _of_the_run(scope: DeployScope) -> Iterator[Access]:
    for verb in ("get", "list", "create", "update", "delete"):
        yield _access(scope, "", "secrets", verb, _STORAGE)
    lease = (f"stage6-{scope.release}",)
    for verb in ("get", "create", "update"):
        yield _access(scope, "coordination.k8s.io", "leases", verb, "the lock of the release", names=lease)
    if scope.creates_namespace:
        for verb, names in (("get", (scope.namespace,)), ("create", ())):
            made = _access(scope, "", "namespaces", verb, f"Namespace {scope.namespace}", names=names)
            yield replace(made, namespace="")
    for name in scope.secrets:
        yield _access(scope, "", "secrets", "get", f"Secret {name}, which the target requires", names=(name,))
    for name in scope.external_secrets:
        what, group = f"ExternalSecret {name}, which the target requires", "external-secrets.io"
        yield _access(scope, group, "externalsecrets", "get", what, names=(name,))
    for verb in ("get", "create", "update") if scope.pull_secret else ():
        names = (scope.pull_secret,)
        yield _access(
            scope, "", "secrets", verb, f"Secret {scope.pull_secret}, with which images are pulled", names=names
        )


def _of_diagnosis(scope: DeployScope) -> Iterator[Access]:
    for group, resource in _DIAGNOSED:
        yield _access(scope, group, resource, "list", "to say why a deploy failed", needed=False)
    yield _access(scope, "", "pods/log", "get", "to say why a deploy failed", needed=False)


def _access(
    scope: DeployScope,
    group: str,
    resource: str,
    verb: str,
    purpose: str,
    *,
    names: tuple[str, ...] = (),
    needed: bool = True,
) -> Access:
    return Access(
        group=group,
        resource=resource,
        namespace=scope.namespace,
        verb=verb,
        names=names,
        purposes=(purpose,),
        needed=needed,
    )


def _listed(names: Sequence[str]) -> str:
    """Some of the names, each once, and how many more there are."""
    all_names = list(dict.fromkeys(names))
    more = len(all_names) - _SHOWN
    return ", ".join(all_names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
