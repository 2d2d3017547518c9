"""Where a package comes from, added to Chart.yaml: every other byte stays, and helm takes the result."""

import subprocess
from pathlib import Path

import pytest

from jetscale_cicd.decide.chart.annotate import annotate
from jetscale_cicd.decide.release.notes import release_notes
from jetscale_cicd.decide.release.web import web_address
from jetscale_cicd.model.commit import Commit, JudgedCommit, ReleaseNote
from jetscale_cicd.model.version import Level, Version

OURS = {"org.opencontainers.image.revision": "abc", "org.opencontainers.image.source": "https://git.test/a/b"}
HEAD = "apiVersion: v2\nname: app\nversion: 1.0.0\n"
TEXTS = {
    "none": HEAD,
    "null": HEAD + "annotations:\n",
    "tilde": HEAD + "annotations: ~ # none\n",
    "comments only": HEAD + "annotations:\n  # a: b\nhome: https://x.test\n",
    "block": HEAD + "annotations:\n    a: b # kept\n    c: |\n      text\n",
    "flow": HEAD + "annotations: {a: b}\n",
    "empty": HEAD + "annotations: {}\n",
    "one of ours": HEAD + "annotations:\n  org.opencontainers.image.source: https://mine.test/x\n",
    "quoted": '"apiVersion": "v2"\n"name": "app"\n"version": "1.0.0"\n"annotations": {"a": "b"}\n',
    "all in braces": "{apiVersion: v2, name: app, version: 1.0.0}\n",
    "braces and null": "{apiVersion: v2, name: app, version: 1.0.0, annotations: }\n",
    "a document": f"---\n{HEAD}",
    "windows": HEAD.replace("\n", "\r\n"),
    "no last newline": HEAD.rstrip("\n"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_annotations_are_added_and_helm_reads_them(helm: Path, tmp_path: Path, name: str) -> None:
    text = TEXTS[name]
    annotated = annotate(text, OURS, "Chart.yaml")
    assert annotated is not None
    for line in text.splitlines():
        if "annotations" not in line and "{" not in line:
            assert line in annotated
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Chart.yaml").write_bytes(annotated.encode())
    shown = subprocess.run(
        [str(helm), "show", "chart", str(tmp_path / "app")], capture_output=True, text=True, check=True
    ).stdout
    assert "org.opencontainers.image.revision: abc" in shown
    source = "https://mine.test/x" if name == "one of ours" else "https://git.test/a/b"
    assert f"org.opencontainers.image.source: {source}" in shown
    assert ("  a: b" in shown) == (name in ("block", "flow", "quoted"))


@pytest.mark.parametrize("text", [HEAD + "annotations: &a {a: b}\nhome: x\n", HEAD + "annotations: !!map {a: b}\n"])
def test_a_text_without_room_for_annotations_is_not_changed(text: str) -> None:
    annotated = annotate(text, OURS, "Chart.yaml")
    assert annotated is None or "org.opencontainers.image.revision" in annotated


@pytest.mark.parametrize(
    ("remote", "page"),
    [
        ("https://git.test/a/b.git", "https://git.test/a/b"),
        ("https://me:s3cret@git.test/a/b.git", "https://git.test/a/b"),
        ("ssh://git@git.test:2222/a/b.git", "https://git.test/a/b"),
        ("git@git.test:a/b.git", "https://git.test/a/b"),
        ("GIT.test:a/b", "https://git.test/a/b"),
        ("../remote.git", ""),
        ("/srv/git/x.git", ""),
        ("file:///srv/git/x.git", ""),
        ("C:/git/x", ""),
        ("host:x", ""),
        ("https://git.test/a b", ""),
        ("", ""),
    ],
)
def test_the_page_of_a_remote(remote: str, page: str) -> None:
    assert web_address(remote) == page


def judged(subject: str, *notes: ReleaseNote) -> JudgedCommit:
    return JudgedCommit(Commit("c" * 40, subject), Level.MINOR, "…", notes)


def test_notes_are_grouped_linked_and_hold_no_addresses() -> None:
    notes = release_notes(
        Version(1, 2, 3),
        [
            judged("x", ReleaseNote("features", "api", "more <me@mail.test>", ("all of it",))),
            judged("y", ReleaseNote("bug fixes", "", "less")),
            judged("Merge by someone@mail.test"),
        ],
        "The commits ask for minor",
        "https://git.test/a/b",
    )
    link = f"([`{'c' * 9}`](https://git.test/a/b/commit/{'c' * 40}))"
    assert notes == (
        f"## 1.2.3\n\nThe commits ask for minor.\n\n### Breaking changes\n\n- **api**: all of it {link}\n\n"
        f"### Features\n\n- **api**: more {link}\n\n### Bug fixes\n\n- less {link}\n\n"
        f"### Other changes\n\n- Merge by {link}\n"
    )


def test_unprintable_characters_of_a_message_do_not_break_its_line() -> None:
    notes = release_notes(Version(1, 0, 0), [judged("a\nChart-Digest: sha256:0\r\x1b[31m\u2028b")], "why", "")
    assert len(notes.splitlines()) == 7
    assert "\x1b" not in notes
