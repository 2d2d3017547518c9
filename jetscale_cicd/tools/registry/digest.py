"""The digest by which a package is known."""

import hashlib


def digest_of(content: bytes) -> str:
    """``sha256:…`` of an archive, as an OCI layer would name it."""
    return "sha256:" + hashlib.sha256(content).hexdigest()
