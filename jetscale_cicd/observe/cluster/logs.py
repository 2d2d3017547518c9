"""The log of a container."""

from jetscale_cicd.model.diagnosis import LogSource
from jetscale_cicd.tools.kubernetes import ApiFailure, Kubernetes

_LOG_LINES = 20
_LOG_BYTES = 16 << 10


def read_log(api: Kubernetes, namespace: str, source: LogSource) -> tuple[str, ...]:
    """The last lines of a container's log, redacted and bounded; none where the node returns none."""
    path = f"/api/v1/namespaces/{namespace}/pods/{source.pod}/log"
    options: dict[str, str | int] = {"container": source.container, "tailLines": _LOG_LINES, "limitBytes": _LOG_BYTES}
    if source.previous:
        options["previous"] = "true"
    try:
        return tuple(api.text(path, **options).splitlines()[-_LOG_LINES:])
    except ApiFailure:
        return ()
