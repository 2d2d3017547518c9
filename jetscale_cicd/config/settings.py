"""The settings of `.stage6.yaml`, frozen and checked; without a file, those of JetScale (docs/configuration.md)."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from jetscale_cicd.model.engine import ENGINES, Destination
from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.model.target import LIVE, Target, apply_checks, check_glob, check_path, check_text, quoted
from jetscale_cicd.model.version import Version

DURATION = r"(?=[0-9])(?:([0-9]{1,5})h)?(?:([0-9]{1,5})m)?(?:([0-9]{1,5})s)?"
RELEASE_VERSION = r"(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)"

# OCI image spec 1.1, "Digests".
DIGEST = r"sha256:[0-9a-f]{64}"
# Whether `appVersion` is stamped with `version`: where Chart.yaml keeps the two equal, never, or always.
AppVersionRule = Literal["auto", "keep", "version"]

# The former names of keys, which are still read.
RENAMED: Mapping[str, str] = {"chart.unclaimed_change": "default_bump"}

# Placeholders in sign_command: the reference of the published package by its digest, and its version.
PLACEHOLDERS = ("image", "version")

COMMIT_MESSAGE = "chore(release): {version}"
COMMIT_AUTHOR = "jetscale-cicd <jetscale-cicd@localhost>"
# What git keeps of a name (git-commit-tree(1)): not one of points and quotes alone.
_AUTHOR = re.compile(r"(?=[^<]*[^\W_])[^<>\x00-\x1f\x7f\s][^<>\x00-\x1f\x7f]* <[^<>\x00-\x20\x7f]+>")
# git-check-ref-format(1), and the leading '-' that git-tag(1) refuses on top of it.
_INVALID_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|//|\A[-/]|/\Z|\.\Z|(?:\A|/)\.|\.lock(?:/|\Z)")
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
    if _INVALID_REF.search(text.replace("{version}", "1.2.3")):
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
    if _INVALID_REF.search(text):
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


def check_branch_name(text: str) -> None:
    """Refuse what git would refuse as a branch."""
    check_text(text)
    if _INVALID_REF.search(text):
        raise ValueError(f"{quoted(text)} is not a branch name (see: git help check-ref-format)")


def check_branch_glob(text: str) -> None:
    """Refuse what matches no branch; a whole ref is none."""
    check_text(text)
    if text.startswith(("refs/", "!", "/", "-")):
        raise ValueError(f"{quoted(text)} is no glob of branch names: write main, or release/*")


def check_commit_message(text: str) -> None:
    """Refuse a message of release commits without the version, or with control characters other than line breaks."""
    check_text(text.replace("\n", " ").strip())
    if "{version}" not in text.strip().partition("\n")[0]:
        raise ValueError(f"{quoted(text)} must contain {{version}} in its first line")


def check_commit_author(text: str) -> None:
    """Refuse what git would not take as an author."""
    if not _AUTHOR.fullmatch(text):
        raise ValueError(f"{quoted(text)} is not an author: write Name <address>")


def check_command_argument(text: str) -> None:
    """Refuse an argument of a command with an unknown placeholder."""
    check_text(text)
    if re.search("[{}]", re.sub("|".join(f"{{{name}}}" for name in PLACEHOLDERS), "", text)):
        raise ValueError(f"{quoted(text)}: the placeholders are {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}")


class Signing(NamedTuple):
    """How packages are signed: user id of an OpenPGP key, "" for none, and arguments of a command, () for none."""

    key: str = ""
    command: tuple[str, ...] = ()

    def command_at(self, root: Path) -> tuple[str, ...]:
        """The command, with a program that is a relative path resolved from the repository's root."""
        program, *rest = self.command or ("",)
        return (str(root / program) if "/" in program else program, *rest) if program else ()


@frozen(kw_only=True)
class ReleaseSettings:
    """What belongs to a release besides a package and a tag.

    Args:
        branches: globs of the branches that are released; none: python-semantic-release's, else the default branch.
        forks: release although the CI says that the repository is a fork.
        commit: write the version into Chart.yaml, in a release commit that is pushed to the branch with the tag.
        commit_message: message of a release commit, with `{version}` in its first line; `[skip ci]` may be in it.
        commit_author: author and committer of a release commit.
        branch: the branch that gets release commits; null takes that of the CI, else the one that is checked out.
        github: create a Release with the notes where the remote is at GitHub and a token is set.
        sign_tags: sign release tags as git is configured to; also done where git's `tag.gpgSign` is true.
        sign_key: user id of the OpenPGP key that signs the package (Helm's provenance file); null for none.
        sign_command: arguments of a command, such as cosign, that signs the published package, named by `{image}`.

    Raises:
        ValueError: a rule is broken; the sentence begins with the field.
    """

    branches: tuple[str, ...] = field(default=(), metadata={"check": check_branch_glob})
    forks: bool = False
    commit: bool = False
    commit_message: str = field(default=COMMIT_MESSAGE, metadata={"check": check_commit_message})
    commit_author: str = field(default=COMMIT_AUTHOR, metadata={"check": check_commit_author})
    branch: str | None = field(default=None, metadata={"check": check_branch_name})
    github: bool = True
    sign_tags: bool = False
    sign_key: str | None = field(default=None, metadata={"check": check_text})
    sign_command: tuple[str, ...] = field(default=(), metadata={"check": check_command_argument})

    def __post_init__(self) -> None:
        apply_checks(self)


DEFAULT_TARGET = Target(name=LIVE, url="https://console.jetscale.ai")


@frozen(kw_only=True)
class Settings:
    """Everything that can be configured.

    Args:
        chart: the chart and its registry.
        release: what belongs to a release besides a package and a tag.
        targets: where the chart runs, in the order of the file.
        left_out: targets of the file that were not asked for; a version that one of them cannot render is not published.
        origins: dotted key (``targets.live.env``) to ``default``, ``file:line:column`` or an option; not compared.
        notes: warnings about a file that can be used, a sentence each.

    Raises:
        ValueError: there is no target, or two would overwrite each other.
    """

    chart: ChartSettings = ChartSettings()
    release: ReleaseSettings = ReleaseSettings()
    targets: tuple[Target, ...] = (DEFAULT_TARGET,)
    left_out: tuple[Target, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict, compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if not self.targets:
            raise ValueError("targets: must have at least one target")
        for target, sentence in clashes(self.targets):
            raise ValueError(f"targets.{target.name}: {sentence}")

    def sets(self, key: str) -> bool:
        """Whether the file, an option, or a caller in Python gives a dotted key its value, which is no default then."""
        return self.origins.get(key) != "default"

    def namespaces_of(self, release: str) -> tuple[str, ...]:
        """The namespaces in which a target of the file has a release of this name."""
        return tuple(each.namespace for each in (*self.targets, *self.left_out) if each.release == release)

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
