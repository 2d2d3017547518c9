"""Objects that git itself would not write, which anybody may push to a host that does not check them."""

from pathlib import Path

import pytest

from jetscale_cicd.errors import CannotTellError, ConfigurationError, Stage6Error
from jetscale_cicd.observe.git.files import export
from jetscale_cicd.observe.git.objects import parse_commit, parse_tree
from jetscale_cicd.observe.git.repository import Repository
from tests.support.history import Drawn, draw, opened

SHA = "a" * 40


def entry(mode: bytes, name: bytes, of: str) -> bytes:
    return mode + b" " + name + b"\0" + bytes.fromhex(of)


def made(repo: Drawn, kind: str, content: bytes) -> str:
    return repo.git("hash-object", "-w", "-t", kind, "--literally", "--stdin", stdin=content)


@pytest.fixture
def repo(tmp_path: Path) -> Drawn:
    return draw(tmp_path / "repo", "feat: a [charts/app/Chart.yaml]")


def committed(repo: Drawn, chart: bytes) -> str:
    """A commit whose folder charts/app holds this tree."""
    app = made(repo, "tree", chart)
    charts = made(repo, "tree", entry(b"40000", b"app", app))
    root = made(repo, "tree", entry(b"40000", b"charts", charts))
    who = "A <a@b> 1767268800 +0000"
    return made(repo, "commit", f"tree {root}\nauthor {who}\ncommitter {who}\n\nfeat: x\n".encode())


def exported(repo: Drawn, chart: bytes, to: Path) -> Stage6Error:
    with opened(repo).git as git, pytest.raises(Stage6Error) as refused:
        export(Repository(git), committed(repo, chart), "charts/app", to)
    return refused.value


def test_a_name_that_is_file_and_folder_is_refused(repo: Drawn, tmp_path: Path) -> None:
    blob = made(repo, "blob", b"x")
    folder = made(repo, "tree", entry(b"100644", b"b", blob))
    refused = exported(repo, entry(b"100644", b"a", blob) + entry(b"40000", b"a", folder), tmp_path / "out")
    assert (refused.code, refused.where) == ("OBJECT_MALFORMED", "charts/app/a")


def test_a_name_that_no_file_system_takes_is_refused(repo: Drawn, tmp_path: Path) -> None:
    refused = exported(repo, entry(b"100644", b"a" * 300, made(repo, "blob", b"x")), tmp_path / "out")
    assert isinstance(refused, ConfigurationError)
    assert (refused.code, refused.where) == ("PATH_UNWRITABLE", "charts/app/" + "a" * 300)


@pytest.mark.parametrize(
    "content",
    [
        b"x",
        b"100644 a",
        b"100644 a\0short",
        b"100644\0" + b"a" * 20,
        b"rwx a\0" + b"a" * 20,
        b"999999 a\0" + b"a" * 20,
        b"\xff\xff\xff\xff\xff a\0" + b"a" * 20,
        b"100644 a/b\0" + b"a" * 20,
        b"100644 a\0" + b"a" * 20 + b"100644 a\0" + b"a" * 20,
    ],
)
def test_what_is_no_tree_is_refused(content: bytes) -> None:
    with pytest.raises(CannotTellError) as refused:
        list(parse_tree(content, b"", SHA))
    assert refused.value.code == "OBJECT_MALFORMED"


@pytest.mark.parametrize(
    "content",
    [b"", b"tree\n\n", b"tree x\n\n", f"tree {SHA}\ntree {SHA}\n\n".encode(), f"tree {SHA}\nparent \xff\n\n".encode()],
)
def test_what_is_no_commit_is_refused(content: bytes) -> None:
    with pytest.raises(CannotTellError) as refused:
        parse_commit(content, SHA)
    assert (refused.value.code, refused.value.where) == ("OBJECT_MALFORMED", SHA)
