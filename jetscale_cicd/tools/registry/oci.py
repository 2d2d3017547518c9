"""An OCI registry: helm moves the bytes, the distribution API says what is there."""

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from jetscale_cicd.errors import PublishError
from jetscale_cicd.model.release import Absent, Present, RegistryAnswer
from jetscale_cicd.tools.helm import Helm, failure_of
from jetscale_cicd.tools.registry.digest import digest_of
from jetscale_cicd.tools.registry.oci_api import OciApi

_PUSHES = 3
# helm takes `oci://…@sha256:…` (measured with 3.17.3 and 4.3.1; what came before was not looked at).
_BY_DIGEST = (3, 17)


@dataclass(frozen=True)
class OciRegistry:
    """Charts below ``oci://host/path``.

    Args:
        url: without a trailing slash.
        helm: with the network.
        api: the registry's HTTP side.
        scratch: directory of this run.
        pause: waits the seconds between two pushes.
    """

    url: str
    helm: Helm
    api: OciApi
    scratch: Path
    pause: Callable[[float], None] = time.sleep

    # Between looking and pushing, somebody else may push: an OCI registry has no create-only push.
    creates_atomically: ClassVar[bool] = False

    def reference(self, chart: str, _version: str) -> str:
        """The chart's reference, without the version, as helm takes it."""
        return f"{self.url}/{chart}"

    def lookup(self, chart: str, version: str) -> RegistryAnswer:
        """Whether the registry holds a version, by its manifest."""
        # A tag cannot hold a '+'; helm writes '_' (helm.sh/docs/topics/registries).
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
            raise _unread(failure_of(finished), reference)
        content = archive.read_bytes()
        if not (isinstance(answer, Present) and answer.digest == digest_of(content)):
            raise _unread(f"helm pulled {digest_of(content)}, its manifest names something else", reference)
        return content

    def pinned_chart_args(self, chart: str, answer: Present) -> tuple[str, ...]:
        """What helm takes for a package that was found, by the digest of its manifest; () where this helm cannot."""
        if not answer.manifest or self.helm.number < _BY_DIGEST:
            return ()
        plain = ("--plain-http",) if self.api.plain else ()
        return (f"{self.reference(chart, '')}@{answer.manifest}", *plain)

    def create(self, chart: str, version: str, archive: Path) -> RegistryAnswer:
        """Push an archive unless the version is taken, and read back what the registry then holds.

        A push that failed on its way is tried again, but only after another look.

        Raises:
            PublishError: ``PUSH_FAILED``, with helm's own word.
        """
        said = ""
        for attempt in range(_PUSHES):
            answer = self.lookup(chart, version)
            if not isinstance(answer, Absent):
                return answer
            if attempt:
                self.pause(2**attempt * (0.25 + secrets.randbelow(100) / 400))
            finished = self.helm.push(archive, self.url, plain=self.api.plain)
            if finished.status == 0:
                return self.lookup(chart, version)
            said = failure_of(finished)
            if _refused(said):
                break
        raise PublishError(
            "PUSH_FAILED",
            f"helm push did not get through: {said}",
            where=self.reference(chart, version),
            hint=f"log in with the right to push: helm registry login {self.api.host}"
            if _refused(said)
            else "run again",
        )


def _refused(said: str) -> bool:
    """Whether helm's message is a refusal, which no further push changes."""
    return bool(re.search(r"\b(401|403|unauthorized|denied|forbidden|credential)\b", said, re.IGNORECASE))


def _unread(why: str, reference: str) -> PublishError:
    return PublishError("REGISTRY_READ", f"the package cannot be read: {why}", where=reference, hint="run again")
