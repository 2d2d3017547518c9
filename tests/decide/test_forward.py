"""Which way is forward: by ancestry first, by version second."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.decide.forward import goes_back
from jetscale_cicd.model.live import Deployed, Lineage, NotDeployed, NotObserved, Revision
from jetscale_cicd.model.version import Version

A, HEAD = "a" * 40, "b" * 40
FORWARD, BACK, ASIDE, UNKNOWN = Lineage
VERSIONS = st.builds(Version, *[st.integers(0, 3)] * 3)


def deployed(version: str, revision: Revision | None = None) -> Deployed:
    return Deployed(version=version, commit=A, digest="sha256:0", values_digest="sha256:1", revision=revision)


def version(text: str) -> Version:
    found = Version.parse(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("lineage", "ours", "theirs", "back"),
    [
        (FORWARD, "1.0.0", "2.0.0", False),
        (BACK, "2.0.0", "1.0.0", True),
        (BACK, "1.0.0", "1.0.0", True),
        (ASIDE, "1.0.1", "2.0.0", True),
        (ASIDE, "2.0.0", "2.0.0", True),
        (ASIDE, "2.0.1", "2.0.0", False),
        (ASIDE, "2.0.0", "2.0.0-rc.1", False),
        (ASIDE, "10.0.0", "9.0.0", False),
        (ASIDE, "1.0.0", "latest", True),
        (UNKNOWN, "1.0.0", "1.0.0", False),
        (UNKNOWN, "1.0.0", "1.0.1", True),
        (UNKNOWN, "1.0.0", "0.9.0", False),
        (UNKNOWN, "1.0.0", "latest", False),
    ],
)
def test_what_follows_is_forward_and_of_another_line_a_higher_version(
    lineage: Lineage, ours: str, theirs: str, back: bool
) -> None:
    assert bool(goes_back(lineage, version(ours), deployed(theirs), HEAD)) is back


@pytest.mark.parametrize("live", [NotDeployed(), NotObserved("a pull request")])
@pytest.mark.parametrize("lineage", Lineage)
def test_where_nothing_is_deployed_everything_is_forward(live: NotDeployed | NotObserved, lineage: Lineage) -> None:
    assert goes_back(lineage, version("0.1.0"), live, HEAD) == ""


def test_what_a_rollback_took_back_counts_and_not_what_it_brought_back() -> None:
    back = Revision(number=3, status="deployed", rollback=True, rollback_to=1, attempted=deployed("2.0.0"))
    assert goes_back(ASIDE, version("1.5.0"), deployed("1.0.0", revision=back), HEAD)


@pytest.mark.parametrize("lineage", [BACK, ASIDE])
def test_both_commits_are_named(lineage: Lineage) -> None:
    why = goes_back(lineage, version("1.0.0"), deployed("2.0.0"), HEAD)
    assert (A[:12] in why, HEAD[:12] in why, "--allow-older" in why) == (True, True, True)


@given(VERSIONS, VERSIONS)
def test_of_two_lines_at_most_one_replaces_the_other(one: Version, other: Version) -> None:
    ways = [not goes_back(ASIDE, ours, deployed(str(theirs)), HEAD) for ours, theirs in ((one, other), (other, one))]
    assert ways in ([True, False], [False, True]) or one.core == other.core
