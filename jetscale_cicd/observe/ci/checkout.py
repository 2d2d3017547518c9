"""How the checkout of each CI gets the whole history and the tags, in the CI's own words."""

# By the name of the row in ``detect.CIS``.
_WHOLE_HISTORY = {
    "github": "actions/checkout with fetch-depth: 0",
    "gitlab": "variables: GIT_DEPTH: 0 in the job, with which GitLab fetches tags as well",
    "circleci": "checkout with method: full, then git fetch --tags",
    "buildkite": "BUILDKITE_GIT_CLONE_FLAGS and BUILDKITE_GIT_FETCH_FLAGS without --depth and --no-tags",
    "azure": "checkout: self with fetchDepth: 0 and fetchTags: true",
    "bitbucket": "clone: depth: full in the step, then git fetch --tags",
    "jenkins": "CloneOption with noTags: false and shallow: false",
}


def whole_history(ci: str) -> str:
    """What to set, so that a checkout has the whole history and all tags.

    Args:
        ci: name of the CI.
    """
    return _WHOLE_HISTORY.get(ci, "git fetch --unshallow --tags, or git fetch --tags in a clone that is whole")
