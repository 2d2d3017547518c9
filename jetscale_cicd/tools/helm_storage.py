"""Helm's own storage, as helm 3 and helm 4 share it: one Secret for each revision of a release.

Its format (helm, pkg/storage/driver): JSON, gzipped, in base64, which Kubernetes puts into base64 once more. Helm's
command line shows all of it but cannot say "not there" apart from "could not look", and cannot end a revision whose
process died; so it is read here, and changed where Helm has no word for that.
"""

import base64
import binascii
import gzip
import io
import json
import re
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]
_LARGEST = 128 << 20
_ROLLBACK = re.compile(r"Rollback to (\d+)\b")


class UnreadableRelease(Exception):  # noqa: N818 - callers turn it into the error of their step
    """A Secret of Helm's does not hold what Helm writes."""


@dataclass(frozen=True, slots=True)
class StoredRelease:
    """One revision as Helm keeps it, and the Secret around it."""

    secret: Object
    content: Object

    @classmethod
    def decode(cls, secret: Object) -> "StoredRelease":
        """Read a Secret.

        Raises:
            UnreadableRelease: it is not Helm's.
        """
        name = secret.get("metadata", {}).get("name", "?")
        try:
            packed = base64.b64decode(base64.b64decode(secret["data"]["release"], validate=True), validate=True)
            with gzip.GzipFile(fileobj=io.BytesIO(packed)) as unpacked:
                text = unpacked.read(_LARGEST + 1)
            content = json.loads(text) if len(text) <= _LARGEST else None
        except (KeyError, TypeError, ValueError, OSError, EOFError, binascii.Error) as broken:
            raise UnreadableRelease(f"Secret {name} holds no release of Helm's: {broken}") from None
        if not isinstance(content, dict) or not isinstance(content.get("info"), dict):
            raise UnreadableRelease(f"Secret {name} holds no release of Helm's")
        return cls(secret, content)

    def encode(
        self, *, status: str | None = None, description: str | None = None, config: Object | None = None
    ) -> Object:
        """The Secret with another status, description or values; refused where somebody changed it meanwhile."""
        info = dict(self.content["info"])
        labels = dict(self.secret["metadata"].get("labels", {}))
        if status is not None:
            info["status"] = labels["status"] = status
        if description is not None:
            info["description"] = description
        content = {**self.content, "info": info, **({} if config is None else {"config": config})}
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))  # as small as Helm's: a Secret has 1 MiB
        packed = base64.b64encode(gzip.compress(text.encode("utf-8", "surrogatepass"), mtime=0))
        data = {**self.secret["data"], "release": base64.b64encode(packed).decode()}
        return {**self.secret, "metadata": {**self.secret["metadata"], "labels": labels}, "data": data}

    @property
    def number(self) -> int:
        """Revision."""
        return int(self.content.get("version", 0))

    @property
    def status(self) -> str:
        """Helm's word for how it ended."""
        return str(self.content["info"].get("status", "unknown"))

    @property
    def under_way(self) -> bool:
        """Whether a helm is at work on it, or died at work."""
        return self.status.startswith("pending-") or self.status == "uninstalling"

    @property
    def was_uninstalled(self) -> bool:
        """Whether somebody uninstalled it, which Helm remembers whatever became of it."""
        deleted = str(self.content["info"].get("deleted") or "")
        return bool(deleted) and not deleted.startswith("0001-")  # Go's zero time

    @property
    def description(self) -> str:
        """Helm's sentence for how it ended, or ours."""
        return str(self.content["info"].get("description", ""))

    @property
    def begun(self) -> str:
        """When what is under way began, RFC 3339: the deploy, or its uninstallation."""
        return str(self.content["info"].get("deleted" if self.status == "uninstalling" else "last_deployed", ""))

    @property
    def is_rollback(self) -> bool:
        """Whether it brought an earlier revision back, or was to.

        Of one whose waiting failed, helm 3 says ``Release "web" failed: …``, as it says of a first install alone.
        """
        info = self.content["info"]
        first = info.get("first_deployed") == info.get("last_deployed")  # also of an install after an uninstallation
        failed = self.number > 1 and not first and self.description.startswith("Release ")
        told = bool(self.content["info"].get("rollback_revision")) or self.description.startswith("Rollback ")
        return told or failed

    @property
    def rollback_to(self) -> int | None:
        """The revision that this one brought back; helm 3 says so in the description alone."""
        said = _ROLLBACK.match(self.description)
        number = self.content["info"].get("rollback_revision") or (int(said[1]) if said else None)
        return int(number) if number else None

    @property
    def chart_version(self) -> str:
        """Version of the chart."""
        return str(self.content.get("chart", {}).get("metadata", {}).get("version", ""))

    @property
    def config(self) -> Object:
        """Values that were given."""
        return self.content.get("config") or {}

    @property
    def hooks(self) -> frozenset[tuple[str, str]]:
        """Kind and name of every hook."""
        return frozenset(
            (str(each.get("kind", "")), str(each.get("name", ""))) for each in self.content.get("hooks") or ()
        )

    @property
    def manifest(self) -> str:
        """All objects of the release, hooks left out, as YAML."""
        return str(self.content.get("manifest", ""))
