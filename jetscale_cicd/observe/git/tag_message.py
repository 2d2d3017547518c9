"""What a release's annotated tag remembers: its notes, the digests of its package, and where it was released from."""

import re

from jetscale_cicd.model.release import Recorded
from jetscale_cicd.observe.git.repository import Repository

DIGEST, CONTENT, SOURCE = "Chart-Digest", "Chart-Content", "Chart-Source"
_CONTENT = re.compile(rf"^{CONTENT}: (sha256:[0-9a-f]{{64}})$", re.MULTILINE)
_DIGEST = re.compile(rf"^{DIGEST}: (sha256:[0-9a-f]{{64}})$", re.MULTILINE)
_SOURCE = re.compile(rf"^{SOURCE}: (https://[A-Za-z0-9._~/-]+|none)$", re.MULTILINE)

_TRAILERS = re.compile(rf"^{DIGEST}: ", re.MULTILINE)


def recorded_package(repository: Repository, tag: str) -> Recorded | None:
    """What the tag's message says of the package; None where it says nothing, because no run made the tag."""
    message = repository.tag_message(tag)
    digest, content = _DIGEST.search(message), _CONTENT.search(message)
    return Recorded(digest=digest[1], content=content[1] if content else "") if digest else None


def recorded_notes(repository: Repository, tag: str) -> str:
    """The notes in the tag's message, without its trailers; the whole message of a tag that was made outside Stage 6.

    A tag without a message gives its name.
    """
    message = repository.tag_message(tag).removeprefix(f"{tag}\n\n")
    return (_TRAILERS.split(message)[0].strip() or f"## {tag}") + "\n"


def recorded_source(repository: Repository, tag: str) -> str | None:
    """The page of the repository in the tag's message, "" where that had none; None where the tag does not say."""
    match = _SOURCE.search(repository.tag_message(tag))
    return match[1].removeprefix("none") if match else None
