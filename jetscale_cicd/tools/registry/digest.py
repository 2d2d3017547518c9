"""The digest of a package."""

import hashlib


def digest_of(content: bytes) -> str:
    """``sha256:…`` of an archive, the digest that its OCI layer has."""
    return "sha256:" + hashlib.sha256(content).hexdigest()
