"""Targets: where a release of the chart is, with which values, and what it needs of others."""

from collections.abc import Mapping
from typing import Literal

from jetscale_cicd.model.contract import Contract, PullSecret
from jetscale_cicd.model.engine import EngineName
from jetscale_cicd.model.field_rules import (
    apply_checks,
    check_api_version,
    check_cluster,
    check_context,
    check_glob,
    check_kube_version,
    check_label,
    check_namespace,
    check_object_name,
    check_path,
    check_release,
    check_text,
    check_timeout,
    check_url,
    check_values_key,
    check_variable,
    check_wait,
)
from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.model.severity import Severity, check_adjustable, check_severity
from jetscale_cicd.model.smoke_test import SmokeTest

LIVE = "live"
CrdsRule = Literal["check", "apply", "ignore"]


@frozen(kw_only=True)
class Target:
    """One release of the chart in one namespace, with its values files.

    Args:
        name: the key under ``targets:``.
        client_name: client, as `global.client_name` of the values has it; null says nothing of it.
        env: environment, as `global.env` of the values has it; null says nothing of it.
        namespace: namespace of the release; "" is ``{client_name}-{env}``, with jetscale and `{name}` (prod for live).
        release: name of the Helm release.
        engine: what deploys to the target.
        values: values files in Helm's order, from the repository's root; the last one wins.
        watch: globs of paths that redeploy this target; its values files always do.
        url: address of the application; "" where it has none.
        timeout: seconds that one deploy may take.
        output: directory that the engine `render` writes, from the repository's root.
        context: kubeconfig context of the cluster; "" is the current one.
        cluster: UID of kube-system, `sha256:` of the CA, or the server's address; "" is that of the first deploy.
        create_namespace: a run makes the namespace where it is missing.
        image_pull_secret: the Secret for pulling images that a run makes and keeps up to date; null for none.
        contract: what others have to have made before a deploy.
        checks: check to `error`, `warn` or `off`.
        own_checks: name of a check of your own to the arguments of its command.
        rollback: bring back the newest good revision when a deploy fails; otherwise the failed revision is kept.
        needs: targets that have to have a version, or a change of values, before this one gets it, live and verified.
        secrets: dotted values key to the environment variable that holds its value.
        required_secrets: Secrets that must exist in the namespace.
        required_external_secrets: ExternalSecrets that must be ready.
        probe: address that must answer with a status below 400 after a deploy; "" for none.
        probe_timeout: time for which it is asked again until it does: 90s, 5m; 0s asks once.
        helm_test: run the chart's own tests after a deploy.
        verify: the smoke test, a command of your own that has to pass after a deploy; null for none.
        wait_for_jobs: a deploy is verified once the chart's ordinary Jobs are done; helm waits for hooks alone.
        settle: seconds without a restart, after all is ready, before a deploy is verified.
        prune: remove what a revision that failed left and the release has no more.
        crds: `check` that those of the package are on the cluster, `apply` them before helm, or `ignore` them.
        kube_version: Kubernetes version of the cluster, for a chart that asks while no cluster can be asked.
        api_versions: APIs of the cluster (`group/version`, `group/version/Kind`), for the same.

    ``{name}`` in a path is the target's name. Without ``env`` and ``namespace``, the environment is that name, and
    ``prod`` for ``live``: no other target is taken for production because its key was left out.

    Raises:
        ValueError: a rule is broken; the sentence begins with the field.
    """

    name: str = field(metadata={"check": check_label})
    # Not compared: where a target is, is its namespace, whichever keys gave it.
    client_name: str | None = field(default=None, compare=False, metadata={"check": check_label})
    env: str | None = field(default=None, compare=False, metadata={"check": check_label})
    namespace: str = field(default="", metadata={"check": check_namespace})
    release: str = field(default="jetscale-stack", metadata={"check": check_release})
    engine: EngineName = "helm"
    values: tuple[str, ...] = field(default=("envs/{name}/values.yaml",), metadata={"check": check_path})
    watch: tuple[str, ...] = field(default=("envs/{name}/**",), metadata={"check": check_glob})
    url: str = field(default="", metadata={"check": check_url})
    timeout: int = field(default=1200, metadata={"check": check_timeout})
    output: str = field(default="rendered/{name}", metadata={"check": check_path})
    context: str = field(default="", metadata={"check": check_context})
    cluster: str = field(default="", metadata={"check": check_cluster})
    create_namespace: bool = False
    image_pull_secret: PullSecret | None = None
    contract: Contract = Contract()
    checks: Mapping[str, Severity] = field(
        default_factory=dict, hash=False, metadata={"check": check_severity, "check_key": check_adjustable}
    )
    own_checks: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict, hash=False, metadata={"check": check_text, "check_key": check_label}
    )
    rollback: bool = True
    needs: tuple[str, ...] = field(default=(), metadata={"check": check_label})
    # A plain dict behind a read-only type, so that dataclasses.asdict and pickle work; hence no part of the hash.
    secrets: Mapping[str, str] = field(
        default_factory=dict, hash=False, metadata={"check": check_variable, "check_key": check_values_key}
    )
    required_secrets: tuple[str, ...] = field(default=(), metadata={"check": check_object_name})
    required_external_secrets: tuple[str, ...] = field(default=(), metadata={"check": check_object_name})
    probe: str = field(default="", metadata={"check": check_url})
    probe_timeout: int = field(default=300, metadata={"check": check_wait})
    helm_test: bool = False
    verify: SmokeTest | None = None
    wait_for_jobs: bool = True
    settle: int = field(default=0, metadata={"check": check_wait})
    prune: bool = False
    crds: CrdsRule = "check"
    kube_version: str = field(default="", metadata={"check": check_kube_version})
    api_versions: tuple[str, ...] = field(default=(), metadata={"check": check_api_version})

    def __post_init__(self) -> None:
        environment = self.env or ("prod" if self.name == LIVE else self.name)
        object.__setattr__(self, "namespace", self.namespace or f"{self.client_name or 'jetscale'}-{environment}")
        object.__setattr__(self, "output", self.output.replace("{name}", self.name))
        for paths in ("values", "watch"):
            object.__setattr__(self, paths, tuple(path.replace("{name}", self.name) for path in getattr(self, paths)))
        apply_checks(self)

    @property
    def contract_secrets(self) -> Mapping[str, tuple[str, ...]]:
        """The Secrets that must exist, each with the keys that it must have."""
        return {**dict.fromkeys(self.required_secrets, ()), **self.contract.secrets}

    @property
    def contract_external_secrets(self) -> tuple[str, ...]:
        """The ExternalSecrets that must be synced."""
        return tuple(dict.fromkeys((*self.required_external_secrets, *self.contract.external_secrets)))

    @property
    def smoke_variables(self) -> tuple[str, ...]:
        """The variables that its smoke test gets."""
        return self.verify.environment if self.verify else ()

    @property
    def watched(self) -> tuple[str, ...]:
        """Globs that redeploy this target."""
        return (*self.watch, *(value for value in self.values if value not in self.watch))
