"""A version kept for one commit while it is pushed: the one create-only step that an OCI registry lacks.

Two runs for two commits can both see a version absent and push it, and the later push replaces the earlier one. git
creates a ref once, so the run that creates the reservation pushes; the other one takes the next version. It names
the commit, so that the next run for that commit goes on where a killed one stopped, and it goes away with the push
of the tag.
"""

import re

from jetscale_cicd.errors import CannotTellError, PublishError, SupersededError
from jetscale_cicd.model.release import Release
from jetscale_cicd.observe.git.remote import RESERVED, remote_of, remote_refs
from jetscale_cicd.observe.git.repository import Repository

# A reservation may be given back between the push that it refused and the question why.
_ATTEMPTS = 3
# What git push says of a ref that the remote answered for, and refused: by a rule of the host, or a hook.
_REFUSED = re.compile(r"^ ! \[remote rejected\] .*\((?P<why>[^()]*)\)$", re.MULTILINE)
# Two runs that create one ref at the same time; the words are git's, of files and of reftables.
_RACE = re.compile(r"lock|exists|failed to update|old value")


def reserve(repository: Repository, release: Release) -> str:
    """Reserve a version at the remote; where there is none, no other run can push it.

    Returns:
        "" where the version is reserved; else why not, where the remote takes pushes, and no such refs.

    Raises:
        SupersededError: ``VERSION_RESERVED``, for another commit.
        PublishError: ``RESERVATION_REFUSED``, the remote did not take the push.
    """
    remote = remote_of(repository)
    if not remote:
        return ""
    ref = RESERVED + release.tag
    reason = ""
    for _ in range(_ATTEMPTS):
        # An empty lease: the ref must not exist (git-push(1)). Without it, one for an ancestor would move on.
        push = ("push", "--quiet", f"--force-with-lease={ref}:", remote, f"{release.commit}:{ref}")
        result = repository.git.write(*push)
        if result.status == 0:
            return ""
        reason = result.stderr.strip() or "no reason given"
        if _is_ours(repository, release):
            return ""
        refused = _REFUSED.search(reason)
        if refused and not _RACE.search(refused["why"]):
            return reason
    raise PublishError(
        "RESERVATION_REFUSED",
        f"{remote} did not let this run reserve {release.version}: {reason}",
        where=ref,
        hint="the run needs permission to push refs (contents: write); nothing was published",
    )


def _is_ours(repository: Repository, release: Release) -> bool:
    """Whether the version is at this commit already; False where it is free."""
    ref, tag = RESERVED + release.tag, f"refs/tags/{release.tag}"
    refs = remote_refs(repository, ref, f"{tag}*")
    held = refs.get(ref) or refs.get(tag)  # the run that held it may have finished by now
    if held and held != release.commit:
        raise SupersededError(
            "VERSION_RESERVED",
            f"another run took {release.version} for {held[:12]}, this run wanted it for {release.commit[:12]}",
            where=ref,
            hint="run again: it takes the next version",
        )
    return bool(held)


def give_back(repository: Repository, release: Release) -> bool:
    """Remove our reservation of a version that is tagged, or that another run finished before we made it.

    A failure does not fail the run: a version that is tagged is not taken again, reserved or not.

    Returns:
        Whether it is gone; some hosts let refs be created and none deleted.
    """
    remote, ref = remote_of(repository), RESERVED + release.tag
    if not remote:
        return True
    try:
        push = ("push", "--quiet", f"--force-with-lease={ref}:{release.commit}", remote, f":{ref}")
        return repository.git.write(*push).status == 0
    except CannotTellError:
        return False
