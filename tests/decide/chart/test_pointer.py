"""Bytes that stand for other bytes are refused by name."""

import pytest

from jetscale_cicd.decide.chart.pointer import check_content
from jetscale_cicd.errors import ConfigurationError

OID = b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
LFS = b"version https://git-lfs.github.com/spec/v1\n" + OID


@pytest.mark.parametrize(
    "content",
    [
        LFS,
        LFS.replace(b"\n", b"\r\n"),
        LFS.rstrip(b"\n"),
        b"version https://git-lfs.github.com/spec/v1\next-0-foo sha256:aa\next-1-bar sha256:bb\n" + OID,
        b"version https://hawser.github.com/spec/v1\n" + OID,
        b"version http://git-media.io/v/2\n" + OID,
        b"/annex/objects/SHA256E-s31390--f50d7ac4c6b9031379986bc362fcefb65f1e52621ce1708d537e740fefc59cc0.mp3\n",
        b"\0GITCRYPT\0" + bytes(4000),
    ],
)
def test_a_pointer_or_ciphertext_is_refused_where_it_is(content: bytes) -> None:
    with pytest.raises(ConfigurationError) as refused:
        check_content(content, "charts/app/templates/a.yaml")
    assert (refused.value.code, refused.value.where) == ("POINTER", "charts/app/templates/a.yaml")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"version: 1.2.3\n",
        b"version https://git-lfs.github.com/spec/v1\n",
        b"# " + LFS,
        b"a: 1\n" + LFS,
        LFS + b"x" * 1024,
        b"/annex/objects are kept elsewhere\n"[:8],
    ],
)
def test_any_other_file_is_itself(content: bytes) -> None:
    check_content(content, "a")
