"""Files that only stand for other bytes: what git holds where another program keeps the file, or keeps it encrypted."""

import re

from jetscale_cicd.errors import ConfigurationError

# Git LFS specification, "The Pointer": the key version first, fewer than 1024 bytes; git-lfs also reads the two earlier
# addresses, and lines that end with CRLF.
_MAX_POINTER_BYTES = 1023
_LFS = (
    rb"version https?://(?:git-lfs\.github\.com/spec|hawser\.github\.com/spec|git-media\.io)/\S*[^\S\n]*\n"
    rb"(?:.*\n)*?oid "
)
# git-annex, "pointer file format": the only line, or the first one.
_ANNEX = rb"/annex/objects/\S+\s*(?:\n|\Z)"
# The header of a file that git-crypt encrypted.
_GIT_CRYPT = b"\0GITCRYPT\0"

_COMMIT_IT = "or leave it out of the chart with .helmignore; what is packaged and deployed are the committed bytes"
_LFS_HINT = (
    "check it out (git lfs pull, in CI a checkout with LFS) and commit the file itself: git lfs untrack FILE, "
    "git add --renormalize FILE; " + _COMMIT_IT
)


def check_content(content: bytes, where: str) -> None:
    """Refuse a file whose bytes only stand for others.

    Args:
        content: the whole file.
        where: its path, for the error.

    Raises:
        ConfigurationError: ``POINTER``, it is a pointer of Git LFS or git-annex, or encrypted by git-crypt.
    """
    if content.startswith(_GIT_CRYPT):
        what, hint = "encrypted by git-crypt", f"commit it in clear, {_COMMIT_IT}"
    elif len(content) > _MAX_POINTER_BYTES or not content.startswith((b"version http", b"/annex/")):
        return
    elif re.match(_LFS, content):
        what, hint = "a Git LFS pointer, and not the file that it stands for", _LFS_HINT
    elif re.match(_ANNEX, content):
        what = "a git-annex pointer, and not the file that it stands for"
        hint = f"commit the file itself: git annex unannex FILE, {_COMMIT_IT}"
    else:
        return
    raise ConfigurationError("POINTER", f"the file is {what}", where=where, hint=hint)
