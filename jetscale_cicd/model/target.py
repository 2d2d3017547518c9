"""Targets, and the rules for their names and paths."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from jetscale_cicd.model.engine import EngineName
from jetscale_cicd.model.record import field, fields, frozen
from jetscale_cicd.model.shown import quoted

Check = Callable[[Any], None]

LIVE = "live"
MAX_LABEL = 63
MAX_RELEASE = 53
MAX_TIMEOUT = 24 * 3600
MAX_OBJECT = 253
MAX_GLOB = 1000

# RFC 1123, section 2.1, in Kubernetes' lower-case reading: names of namespaces and of our targets.
LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
# Helm, pkg/chartutil/validate_name.go: labels joined by dots, 53 characters so that a chart can append to the name.
RELEASE = rf"{LABEL}(?:\.{LABEL})*"
KUBE_VERSION = r"v?[0-9]{1,3}\.[0-9]{1,3}(?:\.[0-9]{1,3}(?:[-+][0-9A-Za-z.+-]{1,80})?)?"
API_VERSION = r"(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?/)?v[0-9]+(?:(?:alpha|beta)[0-9]+)?(?:/[A-Z][A-Za-z0-9]*)?"
_URL = re.compile(r"https?://[^/?#@\s]+(?:[/?#]\S*)?")
# With the characters that reorder or break a line on a terminal: a path is printed, and must not forge output.
_CONTROL = "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"


def check_text(text: str) -> None:
    """Refuse empty text and control characters.

    Raises:
        ValueError: one sentence, as from every check below.
    """
    if not text:
        raise ValueError("must not be empty")
    if _has_control(text):
        raise ValueError(f"{quoted(text)} contains a control character")


def _has_control(text: str) -> bool:
    # What is printable is none, and takes no expression to find out: to compile this one takes half a millisecond.
    return not text.isprintable() and re.search(_CONTROL, text) is not None


def check_label(text: str) -> None:
    """Refuse what Kubernetes would refuse as a namespace."""
    if len(text) > MAX_LABEL or not re.fullmatch(LABEL, text):
        rule = f"lower-case letters, digits and '-', at most {MAX_LABEL}, a letter or digit first and last"
        raise ValueError(f"{quoted(text)} is not an RFC 1123 label ({rule})")


def check_namespace(text: str) -> None:
    """Refuse what Kubernetes would refuse as a namespace; "" stands for none that is written."""
    if text:
        check_label(text)


def check_release(text: str) -> None:
    """Refuse what Helm would refuse as a release name."""
    if len(text) > MAX_RELEASE or not re.fullmatch(RELEASE, text):
        rule = f"lower-case letters, digits, '-' and '.', at most {MAX_RELEASE}, a letter or digit first and last"
        raise ValueError(f"{quoted(text)} is not a Helm release name ({rule})")


def check_path(text: str) -> None:
    """Refuse a path outside the repository, one that git writes otherwise, or one that would be read as an option."""
    _check_inside(text)
    if text.startswith("-"):
        raise ValueError(f"{quoted(text)} must not begin with '-'")
    if any(part in ("", ".") for part in text.split("/")):
        clean = "/".join(part for part in text.split("/") if part not in ("", "."))
        remedy = f"write {quoted(clean)}" if clean else "name a path below the repository's root"
        raise ValueError(f"{quoted(text)} is not how git writes a path: {remedy}")
    if re.search(r"[*?\[\\]", text):
        raise ValueError(f"{quoted(text)} must be one path: no '*', '?', '[' or '\\'")


def check_glob(text: str) -> None:
    """Refuse a glob that cannot match a path of the repository, or takes long to compile."""
    _check_inside(text)
    if len(text) > MAX_GLOB:
        raise ValueError(f"{quoted(text[:60])}… has more than {MAX_GLOB:,} characters")
    if text.startswith("!"):
        raise ValueError(f"{quoted(text)}: a glob cannot exclude; list the paths to include")
    if "//" in text or any(part == "." for part in text.split("/")):
        raise ValueError(f"{quoted(text)} matches nothing: paths in git contain neither '//' nor './'")


def _check_inside(text: str) -> None:
    check_text(text)
    parts = text.split("/")
    if text.startswith("/") or re.match(r"[A-Za-z]:", text):
        raise ValueError(f"{quoted(text)} must be relative to the repository's root")
    if ".." in parts:
        raise ValueError(f"{quoted(text)} must not contain '..'")
    if any(part.lower() == ".git" for part in parts):
        raise ValueError(f"{quoted(text)} must not lie inside .git")


def check_url(text: str) -> None:
    """Refuse what is not a web address; "" stands for none."""
    if text and (_has_control(text) or not _URL.fullmatch(text)):
        # Not echoed: an address can hold a password, after "user:".
        raise ValueError("must be an http:// or https:// address without credentials")


def check_context(text: str) -> None:
    """Refuse a kubeconfig context that kubectl and helm would read as an option."""
    if text:
        check_text(text)
    if text.startswith("-"):
        raise ValueError(f"{quoted(text)} must not begin with '-'")


def check_object_name(text: str) -> None:
    """Refuse what Kubernetes would refuse as the name of an object."""
    if len(text) > MAX_OBJECT or not re.fullmatch(RELEASE, text):
        raise ValueError(f"{quoted(text)} is not the name of a Kubernetes object (RFC 1123, at most {MAX_OBJECT})")


def check_values_key(text: str) -> None:
    """Refuse what is not the key of a value, and the keys under which the record of a deploy is kept."""
    check_text(text)
    if any(not part or part != part.strip() for part in text.split(".")):
        raise ValueError(f"{quoted(text)} is not a dotted key such as backend-api.token")
    if text == "global" or f"{text}.".startswith("global.stage6."):
        raise ValueError(f"{quoted(text)} is where the record of a deploy is kept")


def check_variable(text: str) -> None:
    """Refuse what is not the name of an environment variable (POSIX.1-2017, 8.1)."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        # Not echoed: a secret may have been written in place of the variable that holds it.
        raise ValueError("must be the name of an environment variable, never the secret itself")


def check_kube_version(text: str) -> None:
    """Refuse what helm does not take as a version of Kubernetes; "" stands for none."""
    if text and not re.fullmatch(KUBE_VERSION, text):
        raise ValueError(f"{quoted(text)} is not a version of Kubernetes: write '1.34' or '1.34.2', with quotes")


def check_api_version(text: str) -> None:
    """Refuse what is neither ``group/version`` nor ``group/version/Kind``; the core of Kubernetes has no group."""
    if not re.fullmatch(API_VERSION, text):
        raise ValueError(f"{quoted(text)} is not an API version, such as apps/v1 or apps/v1/Deployment")


def check_timeout(seconds: int) -> None:
    """Refuse a timeout of zero, or above a day."""
    if not 0 < seconds <= MAX_TIMEOUT:
        raise ValueError("must be between 1 second and 24 hours")


def apply_checks(record: Any) -> None:
    """Apply the ``check`` of every field to its value or items, and its ``check_key`` to the keys of a mapping.

    Raises:
        ValueError: the first rule that is broken, as ``field: sentence``.
    """
    for each in fields(record):
        value = getattr(record, each.name)
        if "check" not in each.metadata or value is None:
            continue
        items = value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple) else (value,)
        try:
            for item in items:
                each.metadata["check"](item)
            for key in value if isinstance(value, Mapping) else ():
                each.metadata["check_key"](key)
        except ValueError as error:
            raise ValueError(f"{each.name}: {error}") from None


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
        rollback: bring back the newest good revision when a deploy fails; otherwise the failed revision is kept.
        needs: targets that have to have a version, or a change of values, before this one gets it, live and verified.
        secrets: dotted values key to the environment variable that holds its value.
        required_secrets: Secrets that must exist in the namespace.
        required_external_secrets: ExternalSecrets that must be ready.
        probe: address that must answer with a status below 400 after a deploy; "" for none.
        helm_test: run the chart's own tests after a deploy.
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
    rollback: bool = True
    needs: tuple[str, ...] = field(default=(), metadata={"check": check_label})
    # A plain dict behind a read-only type, so that dataclasses.asdict and pickle work; hence no part of the hash.
    secrets: Mapping[str, str] = field(
        default_factory=dict, hash=False, metadata={"check": check_variable, "check_key": check_values_key}
    )
    required_secrets: tuple[str, ...] = field(default=(), metadata={"check": check_object_name})
    required_external_secrets: tuple[str, ...] = field(default=(), metadata={"check": check_object_name})
    probe: str = field(default="", metadata={"check": check_url})
    helm_test: bool = False
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
    def watched(self) -> tuple[str, ...]:
        """Globs that redeploy this target."""
        return (*self.watch, *(value for value in self.values if value not in self.watch))
