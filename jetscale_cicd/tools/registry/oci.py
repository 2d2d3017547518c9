"""An OCI registry: helm pushes and pulls, the distribution API is asked what the registry holds."""

import re
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from jetscale_cicd.errors import PublishError
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.release import Absent, Present, RegistryAnswer
from jetscale_cicd.tools.helm import Helm, failure_of
from jetscale_cicd.tools.registry.digest import digest_of
from jetscale_cicd.tools.registry.oci_api import OciApi

_MAX_PUSHES = 3
# helm accepts `oci://…@sha256:…` from this version on (measured with 3.17.3 and 4.3.1; earlier ones were not tried).
_FIRST_WITH_DIGESTS = (3, 17)


@frozen
class OciRegistry:
    """Charts below ``oci://host/path``.

    Args:
        url: without a trailing slash.
        helm: helm with network access.
        api: the HTTP API of the registry.
        scratch: directory of this run.
        pause: waits the seconds between two pushes.
    """

    url: str
    helm: Helm
    api: OciApi
    scratch: Path
    pause: Callable[[float], None] = time.sleep

    # Another run may push between lookup and push: an OCI registry has no create-only push.
    creates_atomically: ClassVar[bool] = False

    def reference(self, chart: str, _version: str) -> str:
        """The reference of the chart without the version, as in helm's arguments."""
        return f"{self.url}/{chart}"

    def lookup(self, chart: str, version: str) -> RegistryAnswer:
        """Whether the registry holds a version, by its manifest."""
        # A tag cannot contain a '+'; helm writes '_' (helm.sh/docs/topics/registries).
        repository = self.reference(chart, version).removeprefix("oci://").partition("/")[2]
        return self.api.manifest(repository, version.replace("+", "_"))

    def read(self, chart: str, version: str) -> bytes:
        """The archive of a version that ``lookup`` found, checked against its manifest.

        Raises:
            PublishError: ``REGISTRY_READ``.
        """
        reference, answer = self.reference(chart, version), self.lookup(chart, version)
        folder = self.scratch / f"pulled-{secrets.token_hex(4)}"
        folder.mkdir()
        finished = self.helm.pull_archive(reference, version, folder, plain=self.api.plain)
        archive = next(folder.glob("*.tgz"), None)
        if finished.status != 0 or archive is None:
            raise _unreadable(failure_of(finished), reference)
        content = archive.read_bytes()
        if not (isinstance(answer, Present) and answer.digest == digest_of(content)):
            raise _unreadable(f"helm pulled {digest_of(content)}, and the manifest has another digest", reference)
        return content

    def pinned_chart_args(self, chart: str, answer: Present) -> tuple[str, ...]:
        """Arguments for helm that name a package by the digest of its manifest; () where this helm accepts none."""
        if not answer.manifest or self.helm.known_version < _FIRST_WITH_DIGESTS:
            return ()
        plain = ("--plain-http",) if self.api.plain else ()
        return (f"{self.reference(chart, '')}@{answer.manifest}", *plain)

    def create(self, chart: str, version: str, archive: Path) -> RegistryAnswer:
        """Push an archive unless the version is taken, and read back what the registry then holds.

        A push that failed is repeated, but only after another lookup.

        Raises:
            PublishError: ``PUSH_FAILED``, with helm's message.
        """
        message = ""
        for attempt in range(_MAX_PUSHES):
            answer = self.lookup(chart, version)
            if not isinstance(answer, Absent):
                return answer
            if attempt:
                self.pause(2**attempt * (0.25 + secrets.randbelow(100) / 400))
            finished = self.helm.push(archive, self.url, plain=self.api.plain)
            if finished.status == 0:
                return self.lookup(chart, version)
            message = failure_of(finished)
            if _is_refusal(message):
                break
        raise PublishError(
            "PUSH_FAILED",
            f"helm push failed: {message}",
            where=self.reference(chart, version),
            hint=f"log in with the right to push: helm registry login {self.api.host}"
            if _is_refusal(message)
            else "run again",
        )


def _is_refusal(message: str) -> bool:
    """Whether helm's message is a refusal, which no repetition changes."""
    return bool(re.search(r"\b(401|403|unauthorized|denied|forbidden|credential)\b", message, re.IGNORECASE))


def _unreadable(why: str, reference: str) -> PublishError:
    return PublishError("REGISTRY_READ", f"the package cannot be read: {why}", where=reference, hint="run again")
