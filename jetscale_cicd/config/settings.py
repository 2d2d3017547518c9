"""The settings of `.stage6.yaml`, frozen and checked; without a file, those of JetScale (docs/configuration.md)."""

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from jetscale_cicd.config.needs import in_order, wrong_needs
from jetscale_cicd.config.parity_settings import ParitySettings
from jetscale_cicd.config.release_settings import INVALID_REF, ReleaseSettings, Signing
from jetscale_cicd.model.engine import ENGINES, Destination
from jetscale_cicd.model.field_rules import apply_checks, check_glob, check_path, check_text
from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.model.shown import quoted
from jetscale_cicd.model.target import LIVE, Target
from jetscale_cicd.model.version import Version

DURATION = r"(?=[0-9])(?:([0-9]{1,5})h)?(?:([0-9]{1,5})m)?(?:([0-9]{1,5})s)?"
RELEASE_VERSION = r"(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)"

# OCI image spec 1.1, "Digests".
DIGEST = r"sha256:[0-9a-f]{64}"
# Whether `appVersion` is stamped with `version`: where Chart.yaml keeps the two equal, never, or always.
AppVersionRule = Literal["auto", "keep", "version"]

# The former names of keys, which are still read.
RENAMED: Mapping[str, str] = {"chart.unclaimed_change": "default_bump"}

# OCI distribution spec 1.1, "Pulling manifests": what <name> may be; the host in front of it as in a URL.
OCI_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_OCI_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?"
_OCI = re.compile(rf"oci://{_OCI_HOST}(?:/{OCI_COMPONENT})*")
_CREDENTIALS = re.compile(r"(?:\A|://)[^/.][^/]*@")
_HOST_LIKE = re.compile(r"[^/.][^/]*[.:][^/]*(?:/|\Z)")


def seconds(text: str) -> int:
    """Seconds in a duration such as ``90s``, ``20m``, ``1h`` or ``1h30m``.

    Raises:
        ValueError: it is not a duration, or has no unit.
    """
    match = re.fullmatch(DURATION, text)
    if match is None:
        raise ValueError(f"{quoted(text)} is not a duration: write 90s, 20m, 1h or 1h30m")
    hours, minutes, rest = (int(part) for part in match.groups(default="0"))
    return hours * 3600 + minutes * 60 + rest


def check_tag_format(text: str) -> None:
    """Refuse a format that gives an invalid tag name, or tags from which the version cannot be read."""
    check_text(text)
    if text.count("{version}") != 1 or re.search("[{}]", text.replace("{version}", "")):
        raise ValueError(f"{quoted(text)} must contain {{version}} exactly once, and no other braces")
    if INVALID_REF.search(text.replace("{version}", "1.2.3")):
        raise ValueError(f"{quoted(text)} gives an invalid tag name (see: git help check-ref-format)")


def check_registry(text: str) -> None:
    """Refuse what is neither an OCI registry nor a directory; never echo it, because it may hold credentials."""
    check_registry_prefix(text)
    if text.lower().startswith(("http://", "https://")):
        raise ValueError("Helm pushes to OCI registries only: write oci:// in place of http:// or https://")


def check_registry_prefix(text: str) -> None:
    """Refuse what cannot begin a chart reference; http(s):// is allowed, because dependencies may come from there."""
    try:
        check_text(text)
    except ValueError:
        raise ValueError("must not be empty or contain control characters") from None
    if _CREDENTIALS.search(text):
        raise ValueError("must not contain credentials: log in with `helm registry login`, and remove them here")
    scheme, separator, rest = text.partition("://")
    if not separator:
        _check_directory(text)
    elif scheme == "oci":
        if not _OCI.fullmatch(text):
            raise ValueError("must be oci://host[:port]/path in lower case, without a tag and without a trailing '/'")
    elif scheme == "file":
        if not rest.startswith("/") or ".." in rest.split("/"):
            raise ValueError("must be file:/// and an absolute path without '..'")
    elif scheme.lower() not in ("http", "https"):
        raise ValueError("must begin with oci:// or file:///, or be a directory")


def _check_directory(text: str) -> None:
    if text.startswith("-"):
        raise ValueError("must not begin with '-'")
    if _HOST_LIKE.match(text):
        raise ValueError("may be a registry without its scheme: write oci:// before it, or ./ before a directory")


def check_first_version(text: str) -> None:
    """Refuse what is not MAJOR.MINOR.PATCH: a pre-release is never `latest`, so every run would publish it again."""
    version = Version.parse(text)
    if version is None or version.prerelease or version.build:
        raise ValueError(f"{quoted(text)} is not a version MAJOR.MINOR.PATCH (https://semver.org)")


def check_tag(text: str) -> None:
    """Refuse what git would refuse as the name of a tag."""
    check_text(text)
    if INVALID_REF.search(text):
        raise ValueError(f"{quoted(text)} is not a tag name (see: git help check-ref-format)")


def check_digest(text: str) -> None:
    """Refuse what is not the digest of a package."""
    if not re.fullmatch(DIGEST, text):
        raise ValueError(f"{quoted(text)} is not a digest: sha256: and 64 hexadecimal digits")


@frozen(kw_only=True)
class ChartSettings:
    """The chart, and where and how its versions are published.

    Args:
        path: folder of the chart, from the repository's root.
        watch: globs of paths that belong to the chart; its own folder always does.
        registry: where versions are published: ``oci://…``, ``file:///…`` or a directory.
        mirrors: registry prefix to another registry or a directory, for air-gapped and local runs.
        tag_format: name of a release tag; null takes that of python-semantic-release, by default ``v{version}``.
        plain_http: use HTTP without TLS; a registry on this machine needs no such key.
        major_on_zero: whether a breaking change of 0.x gives 1.0.0; null for python-semantic-release's, else false.
        first_version: version of the first release (at least 1.0.0 where ``allow_zero_version`` is false).
        default_bump: what happens when the chart changed and no commit asks for a release.
        app_version: appVersion becomes the version where Chart.yaml keeps the two equal (auto), never, or always.
        adopted: release tag to the digest of a published package that was not made by Stage 6 and is accepted as it is.

    Raises:
        ValueError: a rule is broken; the sentence begins with the field.
    """

    path: str = field(default="charts/app", metadata={"check": check_path})
    watch: tuple[str, ...] = field(default=("charts/**",), metadata={"check": check_glob})
    registry: str = field(default="oci://ghcr.io/jetscale-ai/charts", metadata={"check": check_registry})
    # A plain dict behind a read-only type, so that dataclasses.asdict and pickle work; hence no part of the hash.
    mirrors: Mapping[str, str] = field(
        default_factory=dict, hash=False, metadata={"check": check_registry, "check_key": check_registry_prefix}
    )
    tag_format: str | None = field(default=None, metadata={"check": check_tag_format})
    plain_http: bool = False
    major_on_zero: bool | None = None
    first_version: str = field(default="0.1.0", metadata={"check": check_first_version})
    default_bump: Literal["patch", "error"] = "patch"
    app_version: AppVersionRule = "auto"
    adopted: Mapping[str, str] = field(
        default_factory=dict, hash=False, metadata={"check": check_digest, "check_key": check_tag}
    )

    def __post_init__(self) -> None:
        apply_checks(self)

    @property
    def watched(self) -> tuple[str, ...]:
        """Globs of the paths that belong to the chart; its own folder does even where ``watch`` leaves it out."""
        own = f"{self.path}/**"
        return self.watch if own in self.watch else (*self.watch, own)

    @property
    def keeps_signatures(self) -> bool:
        """Whether signatures are kept with a package: in an OCI registry, not in a directory."""
        return self.registry.startswith("oci://")


DEFAULT_TARGET = Target(name=LIVE, url="https://console.jetscale.ai")


@frozen(kw_only=True)
class Settings:
    """Everything that can be configured.

    Args:
        chart: the chart and its registry.
        release: what belongs to a release besides a package and a tag.
        targets: where the chart runs, each after those that it needs, else in the order of the file.
        left_out: targets of the file that were not asked for; what one of them cannot render is not published.
        parity: which two targets are compared, and how they may differ.
        origins: dotted key (``targets.live.env``) to ``default``, ``file:line:column`` or an option; not compared.
        notes: warnings about a file that can be used, a sentence each.

    Raises:
        ValueError: there is no target, two would overwrite each other, or one needs what is no target, or itself.
    """

    chart: ChartSettings = ChartSettings()
    release: ReleaseSettings = ReleaseSettings()
    targets: tuple[Target, ...] = (DEFAULT_TARGET,)
    left_out: tuple[Target, ...] = ()
    parity: ParitySettings = ParitySettings()
    origins: Mapping[str, str] = field(default_factory=dict, compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if not self.targets:
            raise ValueError("targets: must have at least one target")
        for target, sentence in (*clashes(self.targets), *wrong_needs((*self.targets, *self.left_out))):
            raise ValueError(f"targets.{target.name}: {sentence}")
        object.__setattr__(self, "targets", in_order(self.targets))

    @property
    def needed(self) -> tuple[Target, ...]:
        """The targets that were not asked for, and that one of those needs."""
        names = {name for target in self.targets for name in target.needs}
        return tuple(target for target in self.left_out if target.name in names)

    def sets(self, key: str) -> bool:
        """Whether the file, an option, or a caller in Python gives a dotted key its value, which is no default then."""
        return self.origins.get(key) != "default"

    def namespaces_of(self, release: str) -> tuple[str, ...]:
        """The namespaces in which a target of the file has a release of this name."""
        return tuple(each.namespace for each in (*self.targets, *self.left_out) if each.release == release)

    @property
    def keeps_provenance(self) -> bool:
        """Whether the registry gets a statement of where a package comes from; a directory gets none."""
        return self.release.provenance and self.chart.keeps_signatures

    @property
    def signing(self) -> Signing:
        """How packages are signed; not at all for a directory, which keeps no signatures."""
        if not self.chart.keeps_signatures:
            return Signing()
        return Signing(self.release.sign_key or "", self.release.sign_command)


def clashes(targets: tuple[Target, ...]) -> Iterator[tuple[Target, str]]:
    """Each target that would overwrite an earlier one, and why."""
    names: dict[str, Target] = {}
    destinations: dict[tuple[str, ...], Target] = {}
    for target in targets:
        rendered = _is_directory(target)
        destination = ("output", target.output) if rendered else ("release", target.namespace, target.release)
        around = next((outer for outer in destinations.values() if rendered and _nested(outer, target)), None)
        if target.name in names:
            yield target, f"two targets are named {quoted(target.name)}"
        elif around:
            yield target, f"its output {target.output} and {around.output} of target {quoted(around.name)} are nested"
        elif other := destinations.get(destination):
            what = f"directory {target.output}" if rendered else f"release {target.release} in {target.namespace}"
            yield target, f"is the same {what} as target {quoted(other.name)}"
        names.setdefault(target.name, target)
        destinations.setdefault(destination, target)


def _is_directory(target: Target) -> bool:
    return ENGINES[target.engine].destination is Destination.DIRECTORY


def _nested(one: Target, other: Target) -> bool:
    """Whether one output directory contains the other, which would be replaced with it."""
    outputs = (f"{one.output}/", f"{other.output}/")
    return (
        _is_directory(one)
        and one.output != other.output
        and (outputs[0].startswith(outputs[1]) or outputs[1].startswith(outputs[0]))
    )
