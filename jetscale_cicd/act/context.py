"""A plan on its way: what its steps share."""

import json
import secrets
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from jetscale_cicd.act.release.publish import Registry
from jetscale_cicd.act.release.sign import Signer
from jetscale_cicd.build.package import Packager
from jetscale_cicd.decide.cluster.deploy_record import nested, record_values
from jetscale_cicd.model.live import Deployed, NotObserved
from jetscale_cicd.model.outcome import StepOutcome
from jetscale_cicd.model.plan import Plan, Step
from jetscale_cicd.model.release import Artifact, Release
from jetscale_cicd.model.request import Request
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.git.repository import Repository
from jetscale_cicd.planning.notes import notes_of
from jetscale_cicd.planning.values import Values
from jetscale_cicd.tools.helm import Helm
from jetscale_cicd.tools.process import Processes
from jetscale_cicd.tools.redact import Redactor

if TYPE_CHECKING:
    from jetscale_cicd.engines.helm.release import HelmRelease
    from jetscale_cicd.tools.kubernetes import Kubernetes


class Held(NamedTuple):
    """A release that this run has locked, until ``closing`` is closed."""

    release: "HelmRelease"
    closing: ExitStack


class Surroundings(Protocol):
    """What acting needs from the context."""

    @property
    def request(self) -> Request: ...
    @property
    def repository(self) -> Repository: ...
    @property
    def web(self) -> str: ...
    @property
    def github(self) -> str: ...
    @property
    def signer(self) -> Signer: ...
    @property
    def processes(self) -> Processes: ...
    @property
    def registry(self) -> Registry: ...
    @property
    def packager(self) -> Packager: ...
    @property
    def helm(self) -> Helm: ...
    @property
    def scratch(self) -> Path: ...
    @property
    def mask(self) -> bytes: ...
    @property
    def redact(self) -> Redactor: ...
    @property
    def announce(self) -> Callable[[str], None]: ...
    @property
    def show(self) -> Callable[[Sequence[str]], bool]: ...
    def kubernetes(self, target: Target, /) -> "Kubernetes | NotObserved": ...


@dataclass(frozen=True, slots=True)
class ActContext:
    """A plan on its way.

    Args:
        release: at its own commit.
        values, secrets: of each target that gets deployed; secrets by their dotted keys.
        manifests: of each target, as far as they are made.
        held: the targets whose releases this run has locked.
        records: what was tried to be deployed to each target, as far as it was.
        outcomes: of the steps so far.
        deploy: in the values of all that this run deploys, and of nothing else.
    """

    plan: Plan
    release: Release
    context: Surroundings
    values: dict[str, Values]
    secrets: dict[str, dict[str, str]]
    manifests: dict[str, bytes] = field(default_factory=dict)
    held: "dict[str, Held]" = field(default_factory=dict)
    records: dict[str, Deployed] = field(default_factory=dict)
    outcomes: list[StepOutcome] = field(default_factory=list)
    deploy: str = field(default_factory=lambda: secrets.token_hex(8))

    def target(self, step: Step) -> Target:
        """The target of a step."""
        return next(decided.target for decided in self.plan.targets if decided.target.name == step.target)

    def files(self, target: Target, record: Deployed | None) -> tuple[Path, ...]:
        """Values files of a target in Helm's order; on a cluster also its secrets, and the record of its deploy."""
        directory = self.context.scratch / f"values-{target.name}"
        written = self.values[target.name].write(directory)
        extra: list[object] = [nested(self.secrets[target.name])] if self.secrets.get(target.name) else []
        if record:
            extra.append(record_values(record, self.context.request.event.run_url, self.deploy))
        for number, values in enumerate(extra, len(written)):
            file = directory / f"{number}.yaml"
            file.touch(mode=0o600)
            file.write_text(json.dumps(values))
            written = (*written, file)
        return written

    def record(self, target: Target, digest: str) -> Deployed:
        """What a deploy leaves on a target."""
        return Deployed(
            version=str(self.release.version),
            commit=self.plan.head,
            digest=digest,
            values_digest=self.values[target.name].digest,
        )

    def artifact(self) -> Artifact:
        """The chart of the release's commit, packaged here."""
        return self.context.packager.package(self.release.commit, self.release.version)

    @property
    def made(self) -> Artifact | None:
        """That archive, if it was packaged."""
        return self.context.packager.made.get((self.release.commit, self.release.version))

    @property
    def reservation(self) -> Release:
        """A version is reserved for the commit that is released, which the remote has already."""
        return self.release._replace(commit=self.plan.head)

    @property
    def notes(self) -> str:
        """Release notes as Markdown."""
        return notes_of(self.plan, self.context.repository, self.context.web)
