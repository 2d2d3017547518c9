"""Where a package comes from, added to Chart.yaml: every other byte stays, and helm takes the result."""

import pytest

from jetscale_cicd.decide.chart.annotate import annotate
from jetscale_cicd.decide.release.notes import release_notes
from jetscale_cicd.decide.release.web import web_address
from jetscale_cicd.model.commit import Commit, JudgedCommit, ReleaseNote
from jetscale_cicd.model.version import Level, Version

OURS = {"org.opencontainers.image.revision": "abc", "org.opencontainers.image.source": "https://git.test/a/b"}
HEAD = "apiVersion: v2\nname: app\nversion: 1.0.0\n"


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
