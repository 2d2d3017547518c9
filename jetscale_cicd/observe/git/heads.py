"""Whether a commit is on a branch that is released, by the branches that the remote has."""

from collections.abc import Iterator, Mapping

from jetscale_cicd.decide.release.branches import BranchRules
from jetscale_cicd.errors import CannotTellError, ConfigurationError, PreconditionError, Stage6Error
from jetscale_cicd.model.branch import Heads
from jetscale_cicd.model.change import show_path
from jetscale_cicd.model.event import Event, EventKind
from jetscale_cicd.observe.git.remote import is_truncated, remote_of, resolve_or_fetch, unshallow
from jetscale_cicd.observe.git.repository import Repository

_HEADS = "refs/heads/"
_NO_BRANCH = {True: "the remote has no branch that is released", False: "the remote's HEAD names no branch"}
_SIMULATE = "or see what it would do with jetscale-cicd simulate"


def head_patterns(rules: BranchRules) -> tuple[str, ...]:
    """What the remote is asked for, to know its branches that are released."""
    return ("HEAD", f"{_HEADS}*") if rules.configured else ("HEAD",)


def heads_of(refs: Mapping[str, str], default: str) -> Heads:
    """The branches among the refs of a remote.

    Args:
        default: full name of the ref that its HEAD points to, "" where it does not say so.
    """
    tips = {ref.removeprefix(_HEADS): sha for ref, sha in refs.items() if ref.startswith(_HEADS)}
    name = default.removeprefix(_HEADS) if default.startswith(_HEADS) else ""
    return Heads(default=name, default_tip=refs.get("HEAD"), tips=tips)


def branch_refusal(
    repository: Repository, event: Event, head: str, rules: BranchRules, heads: Heads | None
) -> Stage6Error | None:
    """Why head may not be released or deployed; None where it is on a branch that is released.

    Args:
        heads: those of the remote; None where there is no remote.

    Raises:
        CannotTellError: a branch of the remote could not be fetched, so that it is not known what is on it.
    """
    if heads is None:
        if not rules.configured:
            return None  # a repository that nobody shares has one line of releases
        heads = Heads(tips=_local_heads(repository))
    named = event.source_branch if event.kind is EventKind.PULL_REQUEST else event.branch
    if named and rules.makes_prereleases(named):
        return _prerelease(named)
    if named and (rules.configured or heads.default) and not rules.releases(named, heads.default):
        what = f"this run is for the branch {_shown(named)}"
        return _not_released(what, head, rules, heads.default, "merge it first")
    candidates = {name: tip for name, tip in _candidates(rules, heads) if named in ("", name) or not name}
    if any(_holds(repository, tip, head) for tip in candidates.values()):
        return None
    for name, tip in heads.tips.items():
        if rules.makes_prereleases(name) and tip == head:
            return _prerelease(name)
    if not candidates:
        gone = f"the remote has no branch {_shown(named)}" if named else _NO_BRANCH[rules.configured]
        return _not_released(gone, head, rules, heads.default, "push it")
    place = _shown(named) if named else "any of them"
    what = f"{head[:12]} is not on {place} at the remote"
    return _not_released(what, head, rules, heads.default, "push it, or merge it first")


def _candidates(rules: BranchRules, heads: Heads) -> Iterator[tuple[str, str]]:
    """The released branches with their tips; the default one may have no name."""
    if not rules.configured:
        if heads.default_tip:
            yield heads.default, heads.default_tip
        return
    yield from ((name, tip) for name, tip in heads.tips.items() if rules.releases(name, heads.default))


def _holds(repository: Repository, tip: str, head: str) -> bool:
    if tip == head:
        return True
    if resolve_or_fetch(repository, tip) is None:
        raise CannotTellError(
            "BRANCH_UNKNOWN",
            f"the remote has a branch at {tip[:12]}, which could not be fetched, so it is not known whether "
            f"{head[:12]} is on it",
            where=remote_of(repository) or "",
            hint=f"check out with the whole history ({repository.whole_history}), or run again",
        )
    if is_truncated(repository, tip):
        unshallow(repository, tip)
    return repository.is_ancestor(head, tip)


def released_tips(rules: BranchRules, heads: Heads) -> tuple[str, ...]:
    """The commits of the branches that are released, each once."""
    return tuple(dict.fromkeys(tip for _, tip in _candidates(rules, heads)))


def is_on_default_branch(repository: Repository, head: str, heads: Heads | None) -> bool:
    """Whether head is on the remote's default branch, or there is no other line to be on."""
    return heads is None or heads.default_tip is None or _holds(repository, heads.default_tip, head)


def _local_heads(repository: Repository) -> dict[str, str]:
    listed = repository.git.ask("for-each-ref", "--format=%(objectname) %(refname:strip=2)", _HEADS)
    lines = (line.partition(" ") for line in listed.decode("utf-8", "surrogateescape").splitlines())
    return {name: sha for sha, _, name in lines}


def _shown(name: str) -> str:
    return show_path(name.encode("utf-8", "surrogateescape"))[:60]


def _not_released(what: str, head: str, rules: BranchRules, default: str, remedy: str) -> PreconditionError:
    return PreconditionError(
        "NOT_ON_RELEASE_BRANCH",
        f"{what}, and what is released is {rules.described(default)}",
        where=head,
        hint=f"{remedy}; {_SIMULATE}; or name the branch in release.branches",
    )


def _prerelease(name: str) -> ConfigurationError:
    return ConfigurationError(
        "PRERELEASE_BRANCH",
        f"python-semantic-release makes pre-releases of the branch {_shown(name)}, and Stage 6 makes none",
        where="[tool.semantic_release.branches]",
        hint="set prerelease = false for it, or run on a branch that is released",
    )
