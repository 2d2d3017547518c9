"""What a statement of provenance says: read within bounds, whatever it is, and compared with tag and package."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.decide.release.claims import Expected, Unreadable, differing, read_claims
from jetscale_cicd.decide.release.provenance import BUILD_TYPE, PREDICATE, STATEMENT, statement
from jetscale_cicd.model.provenance import Claims, Provenance
from jetscale_cicd.model.record import replace
from jetscale_cicd.model.release import Release
from jetscale_cicd.model.version import Version
from tests.decide.release.test_provenance import MADE

RELEASE = Release(MADE.version, MADE.tag, MADE.commit)
EXPECTED = Expected(RELEASE, MADE.chart, MADE.package, MADE.manifest)
OTHER = "sha256:" + "9" * 64


def claims_of(content: bytes) -> Claims:
    claims = read_claims(content)
    assert isinstance(claims, Claims), claims
    return claims


def foreign(*, digests: tuple[str, ...] = (), commits: tuple[str, ...] = ()) -> bytes:
    """A statement of another builder, such as GitHub's own."""
    document = {
        "_type": STATEMENT,
        "subject": [{"name": "x", "digest": {"sha256": digest.removeprefix("sha256:")}} for digest in digests],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": "https://actions.github.io/buildtypes/workflow/v1",
                "externalParameters": {"tag": "none of ours"},
                "resolvedDependencies": [{"digest": {"gitCommit": commit}} for commit in commits],
            },
            "runDetails": {"builder": {"id": "https://builder.example"}},
        },
    }
    return json.dumps(document).encode()


def test_our_own_statement_is_read_and_agrees() -> None:
    claims = claims_of(statement(MADE))
    assert differing(claims, EXPECTED) == ()
    assert (claims.source, claims.run) == (MADE.source, MADE.run)
    assert claims.builder.endswith("/ci/github")


@pytest.mark.parametrize(
    ("made", "differs"),
    [
        (replace(MADE, commit="b" * 40), ("commit",)),
        (replace(MADE, package=OTHER), ("package",)),
        (replace(MADE, manifest=OTHER), ("package",)),
        (replace(MADE, chart="shop"), ("chart",)),
        (replace(MADE, version=Version(9, 9, 9), tag="v9.9.9"), ("version", "tag")),
        (replace(MADE, source="https://elsewhere.example/x/y", ci="local", run=""), ()),  # a mirror, another run
    ],
)
def test_what_it_says_otherwise_is_named(made: Provenance, differs: tuple[str, ...]) -> None:
    assert differing(claims_of(statement(made)), EXPECTED) == differs


@pytest.mark.parametrize(
    ("content", "differs"),
    [
        (foreign(digests=(MADE.package,), commits=(MADE.commit,)), ()),
        (foreign(digests=(OTHER, MADE.manifest)), ()),
        (foreign(digests=(MADE.package,), commits=("c" * 40,)), ("commit",)),
        (foreign(digests=(OTHER,), commits=(MADE.commit,)), ("package",)),
        (foreign(), ("package",)),
    ],
)
def test_one_of_another_form_is_compared_in_what_it_says(content: bytes, differs: tuple[str, ...]) -> None:
    assert differing(claims_of(content), EXPECTED) == differs


UNREADABLE = {
    "nothing": b"",
    "not JSON": b"\xff\x00",
    "no object": b'["x"]',
    "another type": json.dumps({"_type": "https://in-toto.io/Statement/v0.1", "predicateType": PREDICATE}).encode(),
    "another predicate": json.dumps({"_type": STATEMENT, "predicateType": "https://spdx.dev/Document"}).encode(),
    "a name twice": statement(MADE).replace(b'"_type"', b'"_type":"x","_type"', 1),
    "not a number": statement(MADE).replace(b'"0.1.0"', b"NaN", 1),
    "a number that is too long": statement(MADE).replace(b'"0.1.0"', b"1" * 200_000, 1),
    "too deep": b"[" * 100_000 + b"]" * 100_000,
    "too long": statement(MADE) + b" " * 300_000,
    "too many": foreign(digests=("sha256:1",) * 1025),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_not_read_has_a_reason(name: str) -> None:
    assert isinstance(read_claims(UNREADABLE[name]), Unreadable)


@pytest.mark.parametrize("text", ["https://" + "x" * 5000, "https://x\n✓ equal", "\x1b[2J", "\ud800"])
def test_a_text_that_cannot_stand_in_a_line_is_none(text: str) -> None:
    claims = claims_of(statement(replace(MADE, run=text, tag=text)))
    assert (claims.run, claims.tag) == ("", "")
    assert differing(claims, EXPECTED) == ("tag",)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
PLACES = st.sampled_from(
    [
        ("subject",),
        ("subject", 0),
        ("subject", 0, "digest"),
        ("subject", 0, "digest", "sha256"),
        ("predicate",),
        ("predicate", "buildDefinition"),
        ("predicate", "buildDefinition", "buildType"),
        ("predicate", "buildDefinition", "externalParameters"),
        ("predicate", "buildDefinition", "externalParameters", "tag"),
        ("predicate", "buildDefinition", "resolvedDependencies"),
        ("predicate", "buildDefinition", "resolvedDependencies", 0),
        ("predicate", "buildDefinition", "resolvedDependencies", 0, "digest", "gitCommit"),
        ("predicate", "runDetails"),
        ("predicate", "runDetails", "builder", "id"),
        ("predicate", "runDetails", "metadata", "invocationId"),
    ]
)


@given(PLACES, JSON)
def test_anything_may_stand_anywhere(place: tuple[str | int, ...], value: object) -> None:
    document: Any = json.loads(statement(MADE))
    inner = document
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    claims = read_claims(json.dumps(document).encode())
    if isinstance(claims, Claims):
        assert isinstance(differing(claims, EXPECTED), tuple)
        assert all(isinstance(each, str) for each in (*claims.digests, *claims.commits, claims.run, claims.builder))


@given(st.binary(max_size=200))
def test_any_bytes_may_be_given(content: bytes) -> None:
    assert isinstance(read_claims(content), Unreadable)


def test_the_type_of_build_is_what_makes_it_ours() -> None:
    content = statement(MADE).replace(BUILD_TYPE.encode(), b"https://stage6.jetscale.ai/chart/v2")
    claims = claims_of(content)
    assert not claims.ours
    assert claims.tag == ""
