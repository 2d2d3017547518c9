"""An OCI registry: helm pushes and pulls, the distribution API is asked what the registry holds."""

import secrets
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from jetscale_cicd.errors import CannotTellError, PublishError
from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.model.release import Absent, Present, RegistryAnswer
from jetscale_cicd.tools.helm import Helm, failure_of
from jetscale_cicd.tools.http import HttpFailure
from jetscale_cicd.tools.registry.answers import refusal_text
from jetscale_cicd.tools.registry.hosts import split_reference, tag_of
from jetscale_cicd.tools.registry.oci_api import OciApi
from jetscale_cicd.tools.registry.push_errors import PushPlace, is_certain, push_failed, push_not_allowed, status_in
from jetscale_cicd.tools.registry.referrers import Referrers

_MAX_PUSHES = 3
# Helm loads no larger chart.
_LARGEST_BYTES = 100 << 20
_PAUSES_UNTIL_LISTED = (0.5, 1, 2, 3, 4, 5)


@frozen
class OciRegistry:
    """Charts below ``oci://host/path``.

    Args:
        url: without a trailing slash.
        helm: helm with network access.
        api: the HTTP API of the registry.
        scratch: directory of this run.
        pause: waits the seconds between two pushes, or until a push is listed.
        held: charts and versions that the registry held in this run.
    """

    url: str
    helm: Helm
    api: OciApi
    scratch: Path
    pause: Callable[[float], None] = time.sleep
    held: set[tuple[str, str]] = field(default_factory=set)

    # Another run may push between lookup and push: an OCI registry has no create-only push.
    creates_atomically: ClassVar[bool] = False

    def reference(self, chart: str, _version: str) -> str:
        """The reference of the chart without the version, as in helm's arguments."""
        return f"{self.url}/{chart}"

    def lookup(self, chart: str, version: str) -> RegistryAnswer:
        """Whether the registry holds a version, by its manifest.

        One that this run has pushed or seen, and that is not listed, is asked for again, within a bound: a registry
        behind a cache, or with several replicas, may list it only after seconds.
        """
        answer = self._manifest(chart, version)
        for seconds in _PAUSES_UNTIL_LISTED if (chart, version) in self.held else ():
            if not isinstance(answer, Absent):
                break
            self.helm.processes.announce(f"! {self.reference(chart, version)} does not list {version} yet")
            self.pause(seconds)
            answer = self._manifest(chart, version)
        if isinstance(answer, Present):
            self.held.add((chart, version))
        return answer

    def _manifest(self, chart: str, version: str) -> RegistryAnswer:
        return self.api.manifest(self._place(chart).repository, tag_of(version))

    def read(self, chart: str, version: str) -> bytes:
        """The archive that the registry gives for a version.

        Raises:
            PublishError: ``REGISTRY_READ``.
        """
        reference = self.reference(chart, version)
        with tempfile.TemporaryDirectory(prefix="pulled-", dir=self.scratch) as folder:
            finished = self.helm.pull_archive(reference, version, Path(folder), plain=self.api.plain)
            archive = next(Path(folder).glob("*.tgz"), None)
            if finished.status != 0 or archive is None:
                raise _unreadable(failure_of(finished), reference)
            if archive.stat().st_size > _LARGEST_BYTES:
                raise _unreadable(f"it has {archive.stat().st_size:,} bytes", reference)
            return archive.read_bytes()

    def referrers(self, chart: str) -> Referrers:
        """The artifacts that refer to packages of a chart."""
        return Referrers(self.api, self._place(chart).repository)

    def check_push(self, chart: str) -> None:
        """Refuse what the registry would refuse, before anything is changed.

        Raises:
            PublishError: ``PUSH_FAILED``, with the registry's own sentence.
            CannotTellError: ``REGISTRY_CANNOT_TELL``, it does not answer.
        """
        place = self._place(chart)
        try:
            refusal = self.api.push_refusal(place.repository)
        except HttpFailure as failed:
            raise CannotTellError(
                "REGISTRY_CANNOT_TELL",
                f"the registry does not report whether it takes a push: {place.host}: {failed}",
                where=place.reference,
                hint="check network, DNS, proxy and certificates, then run again; nothing was pushed",
            ) from None
        if refusal:
            said = refusal_text(refusal.answer, refusal.server, self.api.redact)
            raise push_not_allowed(refusal.answer, said, place)

    def create(self, chart: str, version: str, archive: Path) -> RegistryAnswer:
        """Push an archive unless the version is taken, and read back what the registry then holds.

        A push that failed is repeated where that can help, but only after another lookup: an answer may be lost on the
        way, and another run may be faster, or be pushing the same at this moment.

        Raises:
            PublishError: ``PUSH_FAILED``, with helm's message.
            CannotTellError: as ``check_push``.
        """
        message, status = "", None
        for attempt in range(_MAX_PUSHES):
            if attempt:
                self.pause(2**attempt * (0.5 + secrets.randbelow(100) / 200))
            answer = self.lookup(chart, version)
            if not isinstance(answer, Absent):
                return answer
            if not attempt:
                self.check_push(chart)
            finished = self.helm.push(archive, self.url, plain=self.api.plain)
            if finished.status == 0:
                self.held.add((chart, version))
                return self.lookup(chart, version)
            message, status = failure_of(finished), status_in(failure_of(finished, unredacted=True))
            if is_certain(status):
                break
        answer = self.lookup(chart, version)
        if isinstance(answer, Present):
            return answer
        raise push_failed(message, status, self._place(chart), archive.stat().st_size)

    def _place(self, chart: str) -> PushPlace:
        reference = self.reference(chart, "")
        host, repository = split_reference(reference)
        return PushPlace(reference, host, repository)


def _unreadable(why: str, reference: str) -> PublishError:
    return PublishError("REGISTRY_READ", f"the package cannot be read: {why}", where=reference, hint="run again")
