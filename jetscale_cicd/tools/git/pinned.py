"""Settings and variables that every git of ours gets, so that an answer is the same on every machine."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

# `git rev-parse --local-env-vars`: what a hook or a parent git leaves behind and would send us to another repository.
# Settings in the environment (GIT_CONFIG_COUNT, GIT_CONFIG_PARAMETERS) are no such thing: git reads `core.worktree` and
# `core.bare` from the repository's own file alone, and what is pinned below outranks them.
REDIRECTING = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)

# Traces on stderr, where they would be taken for git's message; one that goes to a file is the user's.
_TRACES = ("GIT_TRACE", "GIT_CURL_VERBOSE")


def unwanted(env: Mapping[str, str]) -> tuple[str, ...]:
    """The variables that this program drops, because git would go to another repository or mix up its messages."""
    traces = (name for name, value in env.items() if name.startswith(_TRACES) and not value.startswith("/"))
    return (*(name for name in REDIRECTING if name in env), *traces)


# What is read of the user's configuration: the expression of `git config --get-regexp`.
READ = (
    r"^(remote\..*|user\.(name|email|signingkey)|url\..*\.pushinsteadof|tag\.gpgsign|(gpg|hook)\..*"
    r"|http\.(.*\.)?extraheader)$"
)
# Settings that could change an answer or start a program of the user's; `-c` outranks every configuration file.
_PINNED = (
    "core.quotePath=false",
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.splitIndex=false",
    "advice.graftFileDeprecated=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "i18n.commitEncoding=UTF-8",
    "i18n.logOutputEncoding=UTF-8",
    "log.showSignature=false",
    "log.mailmap=false",
    "log.follow=false",
    "push.followTags=false",
    "push.pushOption=",
    "push.gpgSign=false",
    "push.recurseSubmodules=no",
    "fetch.recurseSubmodules=no",
    "fetch.prune=false",
    "fetch.writeCommitGraph=false",
)
_ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TRACE_REDACT": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_LITERAL_PATHSPECS": "0",
    "GIT_GLOB_PATHSPECS": "0",
    "GIT_NOGLOB_PATHSPECS": "0",
    "GIT_ICASE_PATHSPECS": "0",
}
# Outranks every `protocol.*.allow` of a configuration file, which `-c protocol.allow=never` does not (git(1)).
_OFFLINE = {"GIT_ALLOW_PROTOCOL": "none"}
# Messages in English, whatever the user's language: a few of them are read.
_ENGLISH = {"LANGUAGE": "C", "LC_ALL": "C"}


def command(root: Path, *args: str, settings: Sequence[str] = ()) -> list[str]:
    """A git command in the repository at ``root``, with the settings that are pinned, and more of them."""
    pinned = [part for setting in (*_PINNED, *settings) for part in ("-c", setting)]
    return ["git", "-C", str(root), "--no-pager", "--no-optional-locks", *pinned, *args]


def variables(*, network: bool) -> Mapping[str, str]:
    """What a git gets on top of the environment of this process.

    Args:
        network: whether it may talk to a remote, lazily fetched objects included.
    """
    return {**_ENGLISH, **_ENVIRONMENT, **({} if network else _OFFLINE)}
