"""A version kept for one commit while it is pushed: the one create-only step that an OCI registry lacks.

Two runs for two commits can both see a version absent and push it, and the later push replaces the earlier one. git
creates a ref once, so the run that creates the reservation pushes; the other one takes the next version. It names
the commit, so that the next run for that commit goes on where a killed one stopped, and it goes away with the push
of the tag.
"""

import re
import time
from collections.abc import Sequence

from jetscale_cicd.errors import CannotTellError, PublishError, SupersededError
from jetscale_cicd.model.release import Release
from jetscale_cicd.observe.git.remote import RESERVED, remote_of, remote_refs
from jetscale_cicd.observe.git.repository import Repository

# Seconds before a push is repeated that met another one: a reservation may be given back between the push that it
# refused and the question why, and a ref that is being written is locked, and not listed yet.
PAUSES = (0.1, 0.5)
# What git push says of a ref that the remote answered for, and refused: by a rule of the host, or a hook.
_REFUSED = re.compile(r"^ ! \[remote rejected\] .*\((?P<why>[^()]*)\)$", re.MULTILINE)
# Two runs that create one ref at the same time; the words are git's, of files, of reftables, and of several refs.
_RACE = re.compile(r"lock|exists|failed to update|old value|transaction failed")


def reserve(repository: Repository, release: Release, made: str) -> str:
    """Reserve a version at the remote; where there is none, no other run can push it.

    Args:
        release: at the commit that is released, which the remote has.
        made: the commit that the tag is going to point at: with ``release.commit``, the one on top of it.

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
    for seconds in (0, *PAUSES):
        time.sleep(seconds)
        # An empty lease: the ref must not exist (git-push(1)). Without it, one for an ancestor would move on.
        push = ("push", "--quiet", f"--force-with-lease={ref}:", remote, f"{release.commit}:{ref}")
        result = repository.git.write(*push)
        if result.status == 0:
            return ""
        reason = result.stderr.strip() or "no reason given"
        if _is_ours(repository, release, made):
            return ""
        if _REFUSED.search(result.unredacted) and not is_race(result.unredacted):
            return reason
    raise PublishError(
        "RESERVATION_REFUSED",
        f"{remote} did not let this run reserve {release.version}: {reason}",
        where=ref,
        hint="the run needs permission to push refs (contents: write); nothing was published",
    )


def is_race(message: str) -> bool:
    """Whether git's message, unredacted, says that the remote refused a ref because another push was writing it."""
    refused = _REFUSED.search(message)
    return refused is not None and _RACE.search(refused["why"]) is not None


def _is_ours(repository: Repository, release: Release, made: str) -> bool:
    """Whether the version is at this commit already; False where it is free."""
    ref, tag = RESERVED + release.tag, f"refs/tags/{release.tag}"
    refs = remote_refs(repository, ref, f"{tag}*")
    if ref not in refs and refs.get(tag) == made:
        return True  # the run that held it has finished by now
    held = refs.get(ref) or refs.get(tag)
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


def sweep(repository: Repository, stale: Sequence[Release]) -> int:
    """Remove reservations that no run needs any more, each only where it is as it was seen; how many are gone.

    What is left is tried again by the next run that releases: no run depends on it.
    """
    remote = remote_of(repository)
    if not remote or not stale:
        return 0
    leases = [f"--force-with-lease={RESERVED}{each.tag}:{each.commit}" for each in stale]
    try:
        result = repository.git.write(
            "push", "--porcelain", *leases, remote, *(f":{RESERVED}{each.tag}" for each in stale)
        )
    except CannotTellError:
        return 0
    return sum(line.startswith(b"-") for line in result.stdout.splitlines())
