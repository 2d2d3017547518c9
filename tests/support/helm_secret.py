"""Secrets as helm 3 and helm 4 write them, one for each revision (helm, pkg/storage/driver), without our own code."""

import base64
import gzip
import json
from typing import Any

from jetscale_cicd.decide.cluster.revision_record import describe, with_record
from jetscale_cicd.model.live import Deployed
from jetscale_cicd.model.revision import RevisionRecord, RevisionState, RollbackRecord

Object = dict[str, Any]
NAMESPACE, RELEASE = "shop-prod", "app"
SECRETS = f"/api/v1/namespaces/{NAMESPACE}/secrets"


def path_of(number: int) -> str:
    """Where Helm keeps a revision of the release ``app``."""
    return f"{SECRETS}/sh.helm.release.v1.{RELEASE}.v{number}"


def packed(content: object) -> str:
    """A release as the Secret holds it: JSON, gzip, base64, and base64 once more by Kubernetes."""
    return base64.b64encode(base64.b64encode(gzip.compress(json.dumps(content).encode()))).decode()


def unpacked(secret: Object) -> Any:
    """What a Secret holds."""
    return json.loads(gzip.decompress(base64.b64decode(base64.b64decode(secret["data"]["release"]))))


def secret(number: int = 1, status: str = "deployed", **more: Any) -> Object:
    """One revision, its status in the content and in the label, as Helm has it.

    Args:
        more: fields of ``info``; those of the release itself are ``config``, ``manifest``, ``hooks`` and ``chart``;
            ``written`` is when the server has made the Secret.
    """
    own: Object = {name: more.pop(name) for name in ("config", "manifest", "hooks", "chart") if name in more}
    written = more.pop("written", None)
    times = {"first_deployed": "2026-01-01T10:00:00Z", "last_deployed": f"2026-01-01T11:{number:02}:00Z"}
    content: Object = {
        "name": RELEASE,
        "namespace": NAMESPACE,
        "version": number,
        "info": {**times, "deleted": "", "status": status, **more},
        "chart": {"metadata": {"name": "shop", "version": "0.1.0"}},
        "config": {},
        "manifest": "",
        "hooks": [],
        **own,
    }
    labels = {"owner": "helm", "name": RELEASE, "status": status, "version": str(number)}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "helm.sh/release.v1",
        "metadata": {
            "name": path_of(number).rpartition("/")[2],
            "labels": labels,
            **({"creationTimestamp": written} if written else {}),
        },
        "data": {"release": packed(content)},
    }


def record(version: str = "0.1.0", letter: str = "a") -> Deployed:
    """A record; its commit is of one letter."""
    return Deployed(version=version, commit=letter * 40, digest=f"sha256:{letter}1", values_digest=f"sha256:{letter}2")


def ours(number: int, status: str = "deployed", deploy: str = "", run: str = "", **more: Any) -> Object:
    """A revision that a deploy of Stage 6 made, with the record that says so.

    Args:
        more: those of ``secret``; ``record`` is the deploy, ``state`` and ``code`` what became of it.
    """
    of, state = more.pop("record", record()), more.pop("state", None) or _state(status)
    code = more.pop("code", "TIMEOUT" if state is RevisionState.FAILED else "")
    made = RevisionRecord(revision=number, state=state, code=code)
    values = with_record(more.pop("config", {}), made, of, run, deploy or f"deploy-{number}")
    chart = {"metadata": {"name": "shop", "version": of.version}}
    return secret(number, status, config=values, chart=chart, **{"description": describe(made, of, run), **more})


def rolled_back_by_us(number: int, rollback: RollbackRecord, like: Object, **more: Any) -> Object:
    """A rollback that Stage 6 made and recorded; the deploy that it holds is that of ``record``."""
    content, of = unpacked(like), more.pop("record", record())
    made = RevisionRecord(revision=number, state=RevisionState.ROLLBACK, rollback=rollback)
    same = {name: content[name] for name in ("manifest", "chart")}
    config = with_record(content["config"], made, of, "", "")
    return secret(number, **{"description": describe(made, of, ""), "config": config, **same, **more})


def _state(status: str) -> RevisionState:
    if status in ("deployed", "superseded", "uninstalled"):
        return RevisionState.VERIFIED
    return RevisionState.FAILED if status == "failed" else RevisionState.UNVERIFIED


def rolled_back(number: int, to: int, like: Object, status: str = "deployed", **more: Any) -> Object:
    """A revision that ``helm rollback`` made: the content of an earlier one, in Helm's own form."""
    content = unpacked(like)
    same = {name: content[name] for name in ("config", "manifest", "chart")}
    return secret(number, status, **{"description": f"Rollback to {to}", **same, **more})
