"""The codes of a failed deploy in one table: which one of several faults is reported, and how helm words it.

A new code is one row here, and the function that finds it where no message of helm's names it.
"""

from enum import StrEnum


class Whose(StrEnum):
    """Whose a fault is: what has to change before the same commit can be deployed."""

    CHART = "chart"  # the chart or its values: a new commit
    CLUSTER = "cluster"  # something outside the commit: a Secret, a quota, a node
    PASSING = "passing"  # nothing: it may be over the next time


class FaultCode(StrEnum):
    """A code, its rank, for those that helm's message names a pattern and the next step, and whose fault it is.

    The first pattern that fits names the code, so the rows are in the order in which messages are matched. The lowest
    rank of several faults is reported: a fault that causes others comes before one that is caused.
    """

    rank: int
    pattern: str
    next_step: str
    whose: Whose

    def __new__(
        cls, code: str, rank: int, pattern: str = "", next_step: str = "", whose: Whose = Whose.CHART
    ) -> "FaultCode":
        """A row of the table."""
        row = str.__new__(cls, code)
        row._value_ = code
        row.rank, row.pattern, row.next_step, row.whose = rank, pattern, next_step, whose
        return row

    CONFLICT = (
        "CONFLICT",
        203,
        r"the object has been modified|Operation cannot be fulfilled",
        "something else changed the object at the same time: run again",
        Whose.PASSING,
    )
    THROTTLED = (
        "THROTTLED",
        204,
        r"[Tt]oo many requests|TooManyRequests|the server has received too many",
        "the API server has too much to do: run again",
        Whose.PASSING,
    )
    WEBHOOK_UNAVAILABLE = (
        "WEBHOOK_UNAVAILABLE",
        205,
        r"failed calling webhook",
        "make the Service of the webhook available; then run again",
        Whose.PASSING,
    )

    ADMISSION_DENIED = (
        "ADMISSION_DENIED",
        90,
        r"admission webhook|denied (?:the )?request|violates PodSecurity",
        "change what the policy names",
    )
    HELM_KILLED = ("HELM_KILLED", 210, "", "has this machine run out of memory? Then run again", Whose.PASSING)
    QUOTA = ("QUOTA", 80, r"exceeded quota", "raise the quota of the namespace, or request less", Whose.CLUSTER)
    API_UNREACHABLE = (
        "API_UNREACHABLE",
        200,
        (
            r"connection refused|no such host|TLS handshake timeout|i/o timeout|connection reset|EOF\b|unreachable|"
            r"the server is currently unable|etcdserver:|http2: client connection lost|Bad Gateway"
        ),
        "check the API server; then run again: it continues from what it observes",
        Whose.PASSING,
    )
    FORBIDDEN = (
        "FORBIDDEN",
        220,
        r"is forbidden: User|forbidden: User|cannot (?:get|list|create|patch|update|delete) resource|Unauthorized",
        "grant that right to the account of this run (docs/deploy.md)",
        Whose.CLUSTER,
    )
    OWNERSHIP = (
        "OWNERSHIP",
        230,
        r"invalid ownership metadata|cannot be imported into the current release",
        "another release or nothing owns it: delete it, or label and annotate it so that Helm adopts it",
    )
    FIELD_CONFLICT = (
        "FIELD_CONFLICT",
        240,
        r"conflict(?:s)? with \"",
        "another controller owns that field: leave it out of the chart",
    )
    CHART_REFUSED = (
        "CHART_REFUSED",
        250,
        r"execution error at|error calling|YAML parse error|error converting YAML",
        "correct the chart, or the values",
    )
    IMMUTABLE_FIELD = (
        "IMMUTABLE_FIELD",
        260,
        r"field is immutable|Forbidden: updates to",
        "rename the object, or delete it with kubectl first",
    )
    INVALID_OBJECT = (
        "INVALID_OBJECT",
        270,
        r"is invalid:|unknown field|no matches for kind|cannot be handled as a|typed patch",
        "correct the chart",
    )
    OPERATION_IN_PROGRESS = (
        "OPERATION_IN_PROGRESS",
        280,
        r"another operation \S{0,100} is in progress|FAILED: release: already exists",
        "a helm outside Stage 6 is changing the release: wait until it ends",
        Whose.PASSING,
    )
    STORE_FAILED = ("STORE_FAILED", 4, "", "", Whose.CLUSTER)
    SYNC_FAILED = ("SYNC_FAILED", 6, "", "", Whose.CLUSTER)
    CLAIM_PENDING = ("CLAIM_PENDING", 8, "", "", Whose.CLUSTER)
    MISSING_SECRET = ("MISSING_SECRET", 10, "", "", Whose.CLUSTER)
    MISSING_CONFIGMAP = ("MISSING_CONFIGMAP", 20, "", "", Whose.CLUSTER)
    CONTAINER_CONFIG = ("CONTAINER_CONFIG", 30)
    IMAGE_PULL = ("IMAGE_PULL", 40)
    OUT_OF_MEMORY = ("OUT_OF_MEMORY", 50)
    CRASH_LOOP = ("CRASH_LOOP", 60)
    CONTAINER_START = ("CONTAINER_START", 70)
    PODS_NOT_CREATED = ("PODS_NOT_CREATED", 100, "", "", Whose.CLUSTER)
    VOLUME_ATTACH = ("VOLUME_ATTACH", 102, "", "", Whose.CLUSTER)
    VOLUME_MOUNT = ("VOLUME_MOUNT", 104, "", "", Whose.CLUSTER)
    POD_SANDBOX = ("POD_SANDBOX", 106, "", "", Whose.CLUSTER)
    UNSCHEDULABLE = ("UNSCHEDULABLE", 110, "", "", Whose.CLUSTER)
    JOB_FAILED = ("JOB_FAILED", 120)
    POD_FAILED = ("POD_FAILED", 125, "", "", Whose.CLUSTER)
    PROBE_FAILED = ("PROBE_FAILED", 130)
    READINESS_GATE = ("READINESS_GATE", 135, "", "", Whose.CLUSTER)
    LOAD_BALANCER = ("LOAD_BALANCER", 140, "", "", Whose.CLUSTER)
    CERTIFICATE_NOT_READY = ("CERTIFICATE_NOT_READY", 142, "", "", Whose.CLUSTER)
    ROUTE_NOT_ACCEPTED = ("ROUTE_NOT_ACCEPTED", 144)
    AUTOSCALER_FAILED = ("AUTOSCALER_FAILED", 145)
    CRD_NOT_ESTABLISHED = ("CRD_NOT_ESTABLISHED", 146)
    NOT_RECONCILED = ("NOT_RECONCILED", 148)
    TIMEOUT = ("TIMEOUT", 150)
    HOOK_FAILED = ("HOOK_FAILED", 290, "", "correct the hook")
    DEPLOY_FAILED = ("DEPLOY_FAILED", 300, "", "helm's message is all that is known")


def whose(code: str) -> Whose:
    """Whose a fault is; of a code that is not in the table, the chart's."""
    found = FaultCode.__members__.get(code)
    return found.whose if found else Whose.CHART
