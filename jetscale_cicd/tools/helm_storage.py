"""Helm's own storage, as helm 3 and helm 4 share it: one Secret for each revision of a release.

Its format (helm, pkg/storage/driver): JSON, gzipped, in base64, which Kubernetes puts into base64 once more. Helm's
command line does not tell an absent release from one that could not be read, and has no command that ends a revision
whose process died; so the Secrets are read here, and edited where no Helm command does it.
"""

import base64
import gzip
import io
import json
import zlib
from collections.abc import Mapping
from typing import Any

from jetscale_cicd.config.bounded_json import read_json
from jetscale_cicd.model.record import frozen
from jetscale_cicd.model.revision import PENDING, HelmRevision

Object = dict[str, Any]
# Of the JSON: a Secret has 1 MiB, and templates and manifests are compressed to a tenth or a fifth of it.
_LARGEST = 32 << 20
# Helm's Go structures (helm, pkg/release and pkg/chart): what is read here, and its type. To Go, null is none.
_CHART = {"metadata": {"name": str, "version": str}, "files": [{"name": str, "data": str}]}
_INFO = {
    **dict.fromkeys(("status", "description", "first_deployed", "last_deployed", "deleted"), str),
    "rollback_revision": int,
}
_HOOK = {"kind": str, "name": str, "manifest": str, "events": [str], "last_run": {"phase": str}}
# Files whose objects Helm makes (helm 3.22, pkg/chart/chart.go).
_MANIFESTS = (".yaml", ".yml", ".json")
_SHAPE: Object = {"name": str, "version": int, "info": _INFO, "chart": _CHART, "config": {}, "manifest": str}
_SHAPE |= {"hooks": [_HOOK]}


class UnreadableRelease(Exception):  # noqa: N818 - callers turn it into the error of their step
    """A Secret of Helm's does not hold what Helm writes."""


@frozen(kw_only=True)
class StoredHook:
    """A hook as Helm keeps it: its YAML, its events, and the phase of its last run, "" where it never began."""

    manifest: str
    events: tuple[str, ...]
    phase: str


@frozen
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
        metadata = secret.get("metadata")
        name = metadata.get("name", "?") if isinstance(metadata, dict) else "?"
        try:
            packed = base64.b64decode(base64.b64decode(secret["data"]["release"], validate=True), validate=True)
            with gzip.GzipFile(fileobj=io.BytesIO(packed)) as unpacked:
                text = unpacked.read(_LARGEST + 1)
            content = _shaped(read_json(text, max_bytes=_LARGEST), _SHAPE, "its content")
        except (KeyError, TypeError, ValueError, OSError, EOFError, zlib.error) as broken:
            raise UnreadableRelease(f"Secret {name} holds no release of Helm's: {broken}") from None
        if "info" not in content or not isinstance(metadata, dict):
            raise UnreadableRelease(f"Secret {name} holds no release of Helm's")
        return cls(secret, content)

    def encode(
        self,
        *,
        status: str | None = None,
        description: str | None = None,
        config: Object | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> Object:
        """The Secret with these changes; the API server refuses it where the Secret was changed meanwhile."""
        info = dict(self.content["info"])
        kept = {**(self.secret["metadata"].get("labels") or {}), **(labels or {})}
        if status is not None:
            info["status"] = kept["status"] = status
        if description is not None:
            info["description"] = description
        content = {**self.content, "info": info, **({} if config is None else {"config": config})}
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))  # as small as Helm's: a Secret has 1 MiB
        packed = base64.b64encode(gzip.compress(text.encode("utf-8", "surrogatepass"), mtime=0))
        data = {**self.secret["data"], "release": base64.b64encode(packed).decode()}
        return {**self.secret, "metadata": {**self.secret["metadata"], "labels": kept}, "data": data}

    @property
    def number(self) -> int:
        """Revision."""
        return int(self.content.get("version", 0))

    @property
    def status(self) -> str:
        """Helm's status."""
        return str(self.content["info"].get("status", "unknown"))

    @property
    def under_way(self) -> bool:
        """Whether a helm is at work on it, or ended without marking it."""
        return self.status in PENDING

    @property
    def was_uninstalled(self) -> bool:
        """Whether the release was uninstalled at this revision, which Helm keeps whatever is done later."""
        deleted = str(self.content["info"].get("deleted") or "")
        return bool(deleted) and not deleted.startswith("0001-")  # Go's zero time

    @property
    def description(self) -> str:
        """What `helm history` shows."""
        return str(self.content["info"].get("description", ""))

    @property
    def written(self) -> str:
        """When its Secret was last written, RFC 3339, by the API server's clock; "" where that is not known.

        The times in its content are by the clock of the machine that helm ran on.
        """
        metadata = self.secret["metadata"]
        managers = metadata.get("managedFields")
        entries = (each for each in managers if isinstance(each, dict)) if isinstance(managers, list) else ()
        times = (metadata.get("creationTimestamp"), *(each.get("time") for each in entries))
        return max((each for each in times if isinstance(each, str)), default="")

    @property
    def chart_version(self) -> str:
        """Version of the chart."""
        return str(self.content.get("chart", {}).get("metadata", {}).get("version", ""))

    @property
    def crds(self) -> bytes:
        """The files in ``crds/`` of the chart, as `helm template` writes them; of subcharts Helm keeps no file.

        Raises:
            UnreadableRelease: one of them is not what Helm writes.
        """
        chart = self.content.get("chart", {})
        name, written = chart.get("metadata", {}).get("name", ""), b""
        for file in chart.get("files") or ():
            path = str(file.get("name", ""))
            if path.startswith("crds/") and path.endswith(_MANIFESTS):
                try:
                    content = base64.b64decode(file.get("data", ""), validate=True)
                except ValueError as broken:
                    raise UnreadableRelease(f"file {path} of the release cannot be read: {broken}") from None
                written += f"---\n# Source: {name}/{path}\n".encode() + content + b"\n"
        return written

    @property
    def config(self) -> Object:
        """Values that were given."""
        return self.content.get("config") or {}

    @property
    def revision(self) -> HelmRevision:
        """What a decision needs of it."""
        info = self.content["info"]
        back = info.get("rollback_revision")
        return HelmRevision(
            release=str(self.content.get("name", "")),
            number=self.number,
            status=self.status,
            description=self.description,
            chart_version=self.chart_version,
            first=info.get("first_deployed") == info.get("last_deployed"),
            uninstalled=self.was_uninstalled,
            rollback_revision=int(back) if back else None,
            config=self.config,
        )

    @property
    def hooks(self) -> frozenset[tuple[str, str]]:
        """Kind and name of every hook."""
        return frozenset(
            (str(each.get("kind", "")), str(each.get("name", ""))) for each in self.content.get("hooks") or ()
        )

    @property
    def hooks_as_run(self) -> "tuple[StoredHook, ...]":
        """Every hook, and how it went in this revision."""
        return tuple(
            StoredHook(
                manifest=str(each.get("manifest", "")),
                events=tuple(each.get("events") or ()),
                phase=str((each.get("last_run") or {}).get("phase", "")),
            )
            for each in self.content.get("hooks") or ()
        )

    @property
    def manifest(self) -> str:
        """All objects of the release, hooks left out, as YAML."""
        return str(self.content.get("manifest", ""))


def _shaped(value: Any, shape: Any, what: str) -> Any:
    """The value without what is null, where it has this shape: a type, fields, or a list of one shape.

    Raises:
        TypeError: it has not.
    """
    kind: Any = shape if isinstance(shape, type) else type(shape)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"{what} is of another type than Helm writes")
    if isinstance(shape, list):
        return [_shaped(each, shape[0], f"an item of {what}") for each in value]
    if not isinstance(shape, dict):
        return value
    kept = {name: each for name, each in value.items() if each is not None or name not in shape}
    return {name: _shaped(each, shape[name], name) if name in shape else each for name, each in kept.items()}
