"""The documents that refer to a package in a registry, each checked by its digest.

Anybody who may push to the repository may add some, so their number and sizes are bounded, and none is believed here.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from jetscale_cicd.model.record import frozen
from jetscale_cicd.tools.http import HttpAnswer, HttpFailure
from jetscale_cicd.tools.registry import artifact
from jetscale_cicd.tools.registry.answers import refusal_text
from jetscale_cicd.tools.registry.authorization import Scope, TokenRefused
from jetscale_cicd.tools.registry.digest import digest_of
from jetscale_cicd.tools.registry.oci_api import OciApi
from jetscale_cicd.tools.registry.push_errors import is_permanent

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_NEXT = re.compile(r'<([^<>]{1,2000})>\s*;\s*rel="?next"?')
_MAX_PAGES = 10
_MAX_DOCUMENTS = 20


class FoundDocument(NamedTuple):
    """An artifact of the registry: its digest, and its one document, or why it has none."""

    digest: str
    content: bytes
    why: str = ""


class Found(NamedTuple):
    """The documents that refer to a package; ``why`` where there may be others."""

    documents: tuple[FoundDocument, ...]
    why: str = ""


class _Unknown(Exception):  # noqa: N818 - an answer
    """The registry does not give what it lists; the message is the reason."""


@frozen
class Discovery:
    """What refers to the packages of one repository.

    Args:
        api: the HTTP API of the registry.
        repository: of the chart.
        media_type: of the documents.
    """

    api: OciApi
    repository: str
    media_type: str

    def find(self, package: str) -> Found:
        """The documents that refer to a package.

        Args:
            package: digest of its manifest.
        """
        try:
            listed = list(dict.fromkeys(self._listed(package)))
        except (_Unknown, TokenRefused, HttpFailure) as failed:
            return Found((), self._reason(failed))
        why = f"{len(listed):,} are listed, and {_MAX_DOCUMENTS} were read" if len(listed) > _MAX_DOCUMENTS else ""
        return Found(tuple(self._document(digest, package) for digest in listed[:_MAX_DOCUMENTS]), why)

    def _listed(self, package: str) -> Iterator[str]:
        """The digests that the referrers API lists; without any, those under the tag that stands in for it.

        A registry may list nothing although a client, which got no answer for the subject that it pushed, has listed
        something under the tag.
        """
        found = [digest for page in self._pages(package) for digest in self._suitable(page)]
        if not found:
            answer = self._ask(f"manifests/{package.replace(':', '-')}")
            if answer.status not in (200, 404):
                raise self._unknown(answer)
            found = list(self._suitable(answer))
        yield from found

    def _pages(self, package: str) -> Iterator[HttpAnswer]:
        path = f"referrers/{package}?artifactType={quote(self.media_type, safe='')}"
        for _ in range(_MAX_PAGES):
            answer = self._ask(path)
            if is_permanent(answer.status):  # 404 by the specification; older registries know no such address
                return
            if answer.status != 200:
                raise self._unknown(answer)
            yield answer
            path = self._following(answer)
            if not path:
                return

    def _following(self, answer: HttpAnswer) -> str:
        """The next page, of this registry, whatever host the link names; "" where there is none."""
        prefix = f"/v2/{self.repository}/referrers/"
        named = _NEXT.search(answer.headers.get("link", ""))
        try:
            parts = urlsplit(urljoin(self.api.origin + prefix[1:], named[1])) if named else None
        except ValueError:  # half an IPv6 address
            return ""
        if parts is None or not parts.path.startswith(prefix):
            return ""
        return f"referrers/{parts.path.removeprefix(prefix)}?{parts.query}"

    def _suitable(self, answer: HttpAnswer) -> Iterator[str]:
        index = artifact.read_index(answer.body) if answer.status == 200 else None
        for entry in index.entries if index else ():
            digest = entry.get("digest")
            if entry.get("artifactType") == self.media_type and isinstance(digest, str) and _DIGEST.fullmatch(digest):
                yield digest

    def _document(self, digest: str, package: str) -> FoundDocument:
        try:
            manifest = artifact.read_document(self._content(f"manifests/{digest}", digest))
            if artifact.subject_of(manifest) != package:
                return FoundDocument(digest, b"", "it refers to something else")
            layers = artifact.layers_of(manifest, self.media_type)
            if len(layers) != 1 or not _DIGEST.fullmatch(layers[0]):
                return FoundDocument(digest, b"", "it does not hold one document")
            return FoundDocument(digest, self._content(f"blobs/{layers[0]}", layers[0]))
        except (_Unknown, TokenRefused, HttpFailure) as failed:
            return FoundDocument(digest, b"", self._reason(failed))

    def _content(self, path: str, digest: str) -> bytes:
        answer = self._ask(path)
        if answer.status != 200:
            raise self._unknown(answer)
        if digest_of(answer.body) != digest:
            raise _Unknown(f"{self.api.host} gave other bytes than {digest}")
        return answer.body

    def _ask(self, path: str) -> HttpAnswer:
        return self.api.ask("GET", self.repository, path, Scope.PULL)

    def _unknown(self, answer: HttpAnswer) -> _Unknown:
        return _Unknown(refusal_text(answer, self.api.host, self.api.redact))

    def _reason(self, failed: Exception) -> str:
        if isinstance(failed, TokenRefused):
            return refusal_text(failed.answer, f"the token server of {self.api.host}", self.api.redact)
        return f"{self.api.host}: {failed}" if isinstance(failed, HttpFailure) else str(failed)
