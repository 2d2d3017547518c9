"""A version kept for one commit while it is pushed: the one create-only step that an OCI registry lacks.

Two runs for two commits can both see a version absent and push it, and the later push replaces the earlier one. git
creates a ref once, so whoever creates the reservation pushes; the other takes the next version. It names the commit, so
that the next run for that commit goes on where a killed one stopped, and it goes away with the push of the tag.
"""

from jetscale_cicd.errors import PublishError, SupersededError
from jetscale_cicd.model.release import Release
from jetscale_cicd.observe.git.remote import RESERVED, remote_of, remote_refs
from jetscale_cicd.observe.git.repository import Repository

# The holder of a reservation may give it back between a push that it refused and the look at why.
_ATTEMPTS = 3


def reserve(repository: Repository, release: Release) -> None:
    """Reserve a version at the remote; where there is none, nobody else can push it.

    Raises:
        SupersededError: ``VERSION_RESERVED``, for another commit.
        PublishError: ``RESERVATION_REFUSED``, the remote did not take it.
    """
    remote = remote_of(repository)
    if not remote:
        return
    ref, tag = RESERVED + release.tag, f"refs/tags/{release.tag}"
    said = ""
    for _ in range(_ATTEMPTS):
        # An empty lease: the ref must not exist (git-push(1)). Without it, one for an ancestor would move on.
        push = ("push", "--quiet", f"--force-with-lease={ref}:", remote, f"{release.commit}:{ref}")
        result = repository.git.write(*push)
        if result.status == 0:
            return
        said = result.stderr.strip() or "no reason given"
        refs = remote_refs(repository, ref, f"{tag}*")
        held = refs.get(ref) or refs.get(tag)  # whoever held it may have finished by now, and have given it back
        if held == release.commit:
            return
        if held:
            raise SupersededError(
                "VERSION_RESERVED",
                f"another run took {release.version} for {held[:12]}, this run wanted it for {release.commit[:12]}",
                where=ref,
                hint="run again: it takes the next version",
            )
    raise PublishError(
        "RESERVATION_REFUSED",
        f"{remote} did not let this run reserve {release.version}: {said}",
        where=ref,
        hint="the run needs permission to push refs (contents: write); nothing was published",
    )


def give_back(repository: Repository, release: Release) -> None:
    """Remove our reservation of a version that another run finished before we made it.

    A failure is not one of the run's: nobody takes a version that is tagged, reserved or not.
    """
    remote = remote_of(repository)
    if remote:
        ref = RESERVED + release.tag
        repository.git.write("push", "--quiet", f"--force-with-lease={ref}:{release.commit}", remote, f":{ref}")
