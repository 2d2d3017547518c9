"""Artifacts that refer to the package of a chart: pushed and listed as the distribution spec 1.1 has it.

A registry without the referrers API gets the list as an index under a tag, which its clients maintain ("Referrers Tag
Schema"). Two of them may overwrite each other's entries; the spec knows no way around that, so what was written is read
again.
"""

from urllib.parse import quote, urljoin, urlsplit

from jetscale_cicd.model.provenance import Kept, NotKept
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.release import CannotTell
from jetscale_cicd.tools.http import HttpAnswer, HttpFailure
from jetscale_cicd.tools.registry import artifact
from jetscale_cicd.tools.registry.answers import hint_for, is_absent, meets_another_push, refusal_text
from jetscale_cicd.tools.registry.artifact import Document
from jetscale_cicd.tools.registry.authorization import Scope, TokenRefused
from jetscale_cicd.tools.registry.digest import digest_of
from jetscale_cicd.tools.registry.discovery import Discovery, Found
from jetscale_cicd.tools.registry.oci_api import OciApi
from jetscale_cicd.tools.registry.push_errors import is_permanent
from jetscale_cicd.tools.worker import pause

_ATTEMPTS = 3
_PORTS = {"http": 80, "https": 443}
# What an upload is told that the registry has forgotten, or that an earlier attempt has ended.
_UPLOAD_GONE = (404, 416)
# Seconds before something is put again that a push of the same at the same time may have kept out.
_PAUSE = 0.3


class _NotTaken(Exception):  # noqa: N818 - an answer
    """The registry does not take the artifact, or does not say whether it does."""

    def __init__(self, outcome: NotKept | CannotTell) -> None:
        super().__init__(str(outcome))
        self.outcome = outcome


@frozen
class Referrers:
    """What refers to the packages of one repository.

    Args:
        api: the HTTP API of the registry.
        repository: of the chart.
    """

    api: OciApi
    repository: str

    def attach(self, package: str, document: Document) -> Kept | NotKept | CannotTell:
        """Push a document that refers to a package, unless it is there.

        Args:
            package: digest of its manifest.
        """
        try:
            subject = self._subject(package)
            self._put_blob(artifact.EMPTY, often=True)
            self._put_blob(document.content)
            manifest = artifact.manifest_of(document, subject)
            answer = self._put(f"manifests/{digest_of(manifest)}", artifact.MANIFEST, manifest)
            if answer.headers.get("oci-subject") != package:
                self._list_under_tag(package, artifact.listed_as(document, manifest))
            return Kept(digest_of(manifest))
        except _NotTaken as no:
            return no.outcome
        except TokenRefused as no:
            return self._outcome(no.answer)
        except HttpFailure as failed:
            return CannotTell(f"{self.api.host}: {failed}")

    def find(self, package: str, media_type: str) -> Found:
        """The documents of a media type that refer to a package.

        Args:
            package: digest of its manifest.
        """
        return Discovery(self.api, self.repository, media_type).find(package)

    def _subject(self, package: str) -> artifact.Descriptor:
        answer = self._ask("GET", f"manifests/{package}")
        if answer.status != 200:
            raise _NotTaken(self._outcome(answer))
        if digest_of(answer.body) != package:
            raise _NotTaken(CannotTell(f"{self.api.host} gave another manifest than {package}"))
        # Older manifests do not name their type.
        media_type = answer.headers.get("content-type", "").partition(";")[0].strip() or artifact.MANIFEST
        return artifact.descriptor_of(media_type, answer.body)

    def _put_blob(self, content: bytes, *, often: bool = False) -> None:
        """Upload content.

        Args:
            often: many artifacts have it, so it is looked for first.
        """
        digest = digest_of(content)
        if often and self._ask("HEAD", f"blobs/{digest}").status == 200:
            return
        for attempt in range(_ATTEMPTS):
            began = self._ask("POST", "blobs/uploads/")
            if began.status not in (201, 202):
                raise _NotTaken(self._outcome(began))
            upload = self._upload(began)
            url = f"{upload}{'&' if '?' in upload else '?'}digest={quote(digest)}"
            answer = self._ask("PUT", url, content, "application/octet-stream")
            if answer.status in (201, 204):
                return
            passes = answer.status in _UPLOAD_GONE or meets_another_push(answer)
            if not passes or attempt == _ATTEMPTS - 1:
                raise _NotTaken(self._outcome(answer))

    def _upload(self, began: HttpAnswer) -> str:
        """Where an upload goes: to this registry, whatever it names."""
        elsewhere = _NotTaken(NotKept(f"{self.api.host} names another place for an upload, which gets none"))
        own = urlsplit(self.api.origin)
        try:
            named = urlsplit(urljoin(self.api.origin, began.headers.get("location", "")))
            port = named.port or _PORTS.get(named.scheme)
        except ValueError:
            raise elsewhere from None
        same = (named.scheme, named.hostname, port) == (own.scheme, own.hostname, own.port or _PORTS[own.scheme])
        if not same or not named.path.strip("/"):
            raise elsewhere
        return self.api.origin + named.path.lstrip("/") + (f"?{named.query}" if named.query else "")

    def _put(self, path: str, media_type: str, content: bytes) -> HttpAnswer:
        answer = self._ask("PUT", path, content, media_type)
        for _ in range(_ATTEMPTS - 1):
            if not meets_another_push(answer):
                break
            pause(_PAUSE)
            answer = self._ask("PUT", path, content, media_type)
        if answer.status not in (200, 201, 202, 204):
            raise _NotTaken(self._outcome(answer))
        return answer

    def _list_under_tag(self, subject: str, entry: artifact.Descriptor) -> None:
        """Add an artifact to the index of a registry without the referrers API; what others have listed stays."""
        path = f"manifests/{subject.replace(':', '-')}"
        for _ in range(_ATTEMPTS):
            answer = self._ask("GET", path)
            if answer.status != 200 and not is_absent(answer):
                raise _NotTaken(self._outcome(answer))
            index = artifact.read_index(answer.body) if answer.status == 200 else artifact.new_index()
            if index is None:
                raise _NotTaken(NotKept(f"{path.partition('/')[2]} is there, and is no list of referrers"))
            if any(each.get("digest") == entry["digest"] for each in index.entries):
                return
            self._put(path, artifact.INDEX, index.with_entry(entry))
        raise _NotTaken(CannotTell(f"{self.api.host} does not list what was put into its list of referrers"))

    def _ask(self, method: str, path: str, body: bytes | None = None, content_type: str = "") -> HttpAnswer:
        return self.api.ask(method, self.repository, path, Scope.PUSH, body=body, content_type=content_type)

    def _outcome(self, answer: HttpAnswer) -> NotKept | CannotTell:
        why = refusal_text(answer, self.api.host, self.api.redact)
        # What is uploaded follows no redirection.
        stays = is_permanent(answer.status) or 300 <= answer.status < 400
        return NotKept(why) if stays else CannotTell(why, hint_for(answer, self.api.host))
