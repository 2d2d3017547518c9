"""What a release's annotated tag remembers of it: the digest of its package."""

import re

from jetscale_cicd.observe.repository import Repository

DIGEST = "Chart-Digest"
_LINE = re.compile(rf"^{DIGEST}: (sha256:[0-9a-f]{{64}})$", re.MULTILINE)


def recorded_digest(repository: Repository, tag: str) -> str | None:
    """The digest in the tag's message; None where a tag has none, because somebody else made it."""
    found = repository.tag_message(tag)
    match = _LINE.search(found)
    return match[1] if match else None
