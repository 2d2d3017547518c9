"""Which CI is this, and which base and head does it give: a table of CIs, read without any I/O.

One row per CI: its name, the variable that proves it, where its run is shown; and one module of that name in this
folder, with a function ``read``. The first row that holds wins, so the order is the precedence: a CI that sets its
variable on the job alone comes before Jenkins, whose variables are inherited by whatever a machine starts, and before
``CI``, which everybody sets. What else is particular to a CI, such as the wording of a hint, belongs into its row too.

Variables and payload are hints from outside. A commit is taken only if it is a full object name, a malformed one counts
as not given, and a note says so; nothing is guessed and nothing is raised. Notes name variables, never their values.

No well-kept library does this: ``ci-environment`` and ``ci-info`` tell the CI, the branch and the head, but no base.
"""

from collections.abc import Callable, Mapping
from importlib import import_module

from jetscale_cicd.model.event import Event
from jetscale_cicd.model.record import frozen
from jetscale_cicd.observe.ci.variables import CiVariables


@frozen
class _Ci:
    """One CI.

    Args:
        name: of the CI, and of the module here that reads it.
        proof: variable that is set there alone.
        run_url: address of the run, with variables in braces.
        payload: variable that holds the path of the event's payload.
        whole_history: what makes its checkout have the whole history and every tag.
    """

    name: str
    proof: str
    run_url: str = ""
    payload: str = ""
    whole_history: str = "git fetch --unshallow --tags, or git fetch --tags in a clone that is not shallow"


LOCAL = _Ci(name="local", proof="")
CIS = (
    _Ci(
        name="github",
        proof="GITHUB_ACTIONS",
        run_url="{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}",
        payload="GITHUB_EVENT_PATH",
        whole_history="actions/checkout with fetch-depth: 0",
    ),
    _Ci(
        name="gitlab",
        proof="GITLAB_CI",
        run_url="{CI_PIPELINE_URL}",
        whole_history="variables: GIT_DEPTH: 0 in the job, with which GitLab fetches all tags as well",
    ),
    _Ci(
        name="circleci",
        proof="CIRCLECI",
        run_url="{CIRCLE_BUILD_URL}",
        whole_history="checkout with method: full, then git fetch --tags",
    ),
    _Ci(
        name="buildkite",
        proof="BUILDKITE",
        run_url="{BUILDKITE_BUILD_URL}",
        whole_history="BUILDKITE_GIT_CLONE_FLAGS and BUILDKITE_GIT_FETCH_FLAGS without --depth, then git fetch --tags",
    ),
    _Ci(
        name="azure",
        proof="TF_BUILD",
        # BUILD_BUILDURI is a vstfs:/// name, no link.
        run_url="{SYSTEM_COLLECTIONURI}{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}",
        whole_history="checkout: self with fetchDepth: 0 and fetchTags: true",
    ),
    _Ci(
        name="bitbucket",
        proof="BITBUCKET_BUILD_NUMBER",
        run_url="https://bitbucket.org/{BITBUCKET_REPO_FULL_NAME}/pipelines/results/{BITBUCKET_BUILD_NUMBER}",
        whole_history="clone: depth: full in the step, then git fetch --tags",
    ),
    _Ci(
        name="jenkins",
        proof="JENKINS_URL",
        run_url="{BUILD_URL}",
        whole_history="CloneOption with noTags: false and shallow: false",
    ),
    _Ci(name="unknown", proof="CI"),
)


def read_event(env: Mapping[str, str], payload: Mapping[str, object] | None) -> Event:
    """The event that ``env`` and the event's payload describe; never raises.

    Args:
        env: the environment of the process.
        payload: what the file at :func:`payload_path` holds, as JSON; None where there is none or it was not readable.
    """
    given = {name: value for name, value in env.items() if value}
    row = _row(given)
    fields = payload if isinstance(payload, Mapping) else {}
    read: Callable[[CiVariables], Event] = import_module(f"{__package__}.{row.name}").read
    return read(CiVariables(row.name, _run_url(row.run_url, given), given, fields))


def whole_history(ci: str) -> str:
    """What makes the checkout of a CI have the whole history and every tag, in the CI's own words.

    Args:
        ci: its name, as an event has it.
    """
    return next((row.whole_history for row in CIS if row.name == ci), LOCAL.whole_history)


def payload_path(env: Mapping[str, str]) -> str | None:
    """The JSON file with the event's payload, where the CI writes one."""
    name = _row(env).payload
    return (env.get(name) or None) if name else None


def _row(env: Mapping[str, str]) -> _Ci:
    """People switch a CI's behaviour off with ``CI=false``: that proves nothing."""
    return next((row for row in CIS if env.get(row.proof, "").lower() not in {"", "0", "false"}), LOCAL)


def _run_url(template: str, env: Mapping[str, str]) -> str:
    """The link to the run without user or password; "" if a part is missing, or it is no web address."""
    try:
        url = template.format_map(env).replace(" ", "%20")
    except KeyError:
        return ""
    scheme, separator, rest = url.partition("://")
    # A browser takes a backslash for a slash; what is not printable could forge a line of output.
    if not separator or scheme.lower() not in {"http", "https"} or "\\" in rest or not rest.isprintable():
        return ""
    end = min((at for mark in "/?#" if (at := rest.find(mark)) >= 0), default=len(rest))
    host = rest[:end].rpartition("@")[2]
    return f"{scheme.lower()}://{host}{rest[end:]}" if host else ""
