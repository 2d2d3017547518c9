"""Release notes: what a commit says is read, and nothing of it is alive."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from jetscale_cicd.decide.release.conventional import judge
from jetscale_cicd.decide.release.notes import release_notes
from jetscale_cicd.model.commit import Commit
from jetscale_cicd.model.version import Version

HEAD = "## 1.0.0\n\nWhy.\n\n### Features\n\n- "
COMMONMARK = MarkdownIt("commonmark")
CODE = re.compile(r"<code>[^<]*</code>")
MENTION = re.compile(r"(?:^|\W)@[A-Za-z0-9]")


def notes(*messages: str) -> str:
    judged = judge([Commit("c" * 40, message) for message in messages], {})
    return release_notes(Version(1, 0, 0), judged, "why", "")


def entry(text: str) -> str:
    """The line of a feature, without its commit."""
    return notes(f"feat: {text}").removeprefix(HEAD).removesuffix(" (`ccccccccc`)\n")


@pytest.mark.parametrize(
    "text",
    [
        "add a flag",
        "a < b, x <= 3 and <3 of it",
        "use `<b>` and ``a ` <b>`` (`@c`)",
        "`a`/`b`, [`c`](https://example.test/c) and **bold**",
        "see https://example.test/@user/post (#12), closes #2",
        "100% of a_b! [x] *y*",
    ],
)
def test_an_ordinary_subject_is_left_as_it_is(text: str) -> None:
    assert entry(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a <b> flag", "a &lt;b> flag"),
        ("a</details><!-- x <script>", "a&lt;/details>&lt;!-- x &lt;script>"),
        ("![t](https://evil.test/p.png)", r"!\[t](https://evil.test/p.png)"),
        (r"\![t](https://evil.test/p.png)", r"\!\[t](https://evil.test/p.png)"),
        ("thank @everyone, @acme/team. foo/@bar", "thank `@everyone`, `@acme/team`. foo/`@bar`"),
        ("_@a_ é@b", "_`@a`_ é`@b`"),
        ("`a`@b", "`a` `@b`"),
        ("` <img>", "&#96; &lt;img>"),
        ("<&`@name>`", "&lt;&`@name>`"),
        (r"\@name", r"\ `@name`"),
        (r"\` <img> `", r"\&#96; &lt;img> &#96;"),
        ("https://a.test/`<img>`", "https://a.test/&#96;&lt;img>&#96;"),
    ],
)
def test_html_images_and_mentions_are_words(text: str, shown: str) -> None:
    assert entry(text) == shown


def test_a_scope_is_no_other_than_a_subject() -> None:
    assert notes("feat(<i> @x): y").removeprefix(HEAD).startswith("**&lt;i> `@x`**: y (")


def test_many_long_entries_stay_below_what_github_takes() -> None:
    message = "fix: a\n\n" + "\n\n".join(f"fix: {number} {'<b' * 240}" for number in range(50))
    assert len(notes(*[message] * 3, *[f"feat: {number} {'<b' * 240}" for number in range(499)])) < 125_000


PARTS = ["<img src=x>", "</details>", "![t](https://e.test/p)", "@name", "https://a.test/", "``", *"`\\ a(*_[]!&<>"]


@given(st.lists(st.sampled_from(PARTS), max_size=9).map("".join))
@example("`\\` <img src=x>`")
@example("a`@name``@name`")
def test_whatever_is_written_no_markup_comes_of_it(text: str) -> None:
    words = CODE.sub("", COMMONMARK.render(notes(f"feat: x {text}")))
    assert re.search(r"<(?!/?(?:h\d|p|ul|li|strong|code|em|a|a href=\"[^\"]*\")>)", words) is None
    # Of an address an `@` is left.
    assert MENTION.search(words) is None or "https://" in text
