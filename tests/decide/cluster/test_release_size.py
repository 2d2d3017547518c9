"""The size of a release: what counts of a chart, and from when on it is said."""

import random
from typing import Any

import pytest

from jetscale_cicd.decide.cluster.release_size import LIMIT, SizeReview, review_size
from tests.support.archives import tgz


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def review(*files: tuple[str, bytes], config: dict[str, Any] | None = None, rendered: bytes = b"") -> SizeReview:
    entries = [(f"c/{name}", content, dict[str, object]()) for name, content in files]
    return review_size(tgz(*entries), config or {}, rendered, "shop/app")


EMPTY = review().size
LARGE = noise(90_000)


@pytest.mark.parametrize("name", ["templates/a.yaml", "files/a.bin", "README.md", "crds/a.yaml", ".helmignore"])
def test_every_file_of_the_chart_itself_counts(name: str) -> None:
    assert review((name, LARGE)).size - EMPTY > len(LARGE) * 1.3


@pytest.mark.parametrize("name", ["charts/sub/templates/a.yaml", "charts/sub/README.md", "charts/other.txt"])
def test_files_of_subcharts_are_not_kept(name: str) -> None:
    assert review((name, LARGE)).size - EMPTY < 50


def test_values_of_a_chart_and_of_its_subcharts_count() -> None:
    values = b"a: " + LARGE.hex().encode()
    own = review(("values.yaml", values)).size - EMPTY
    assert own > len(LARGE)
    packed = tgz(("sub/values.yaml", values, {}))
    for files in ([("charts/sub/values.yaml", values)], [("charts/sub.tgz", packed)]):
        assert abs(review(*files).size - EMPTY - own) < 500


def test_values_of_a_subchart_are_kept_beside_those_that_its_parent_sets_in_it() -> None:
    values = b"a: " + LARGE.hex().encode()
    parent = ("values.yaml", b"sub: {b: 1}\n")
    assert review(("charts/sub/values.yaml", values), parent).size - EMPTY > len(LARGE)


def test_given_values_and_manifests_count_and_definitions_do_not() -> None:
    text = LARGE.hex()
    assert review(config={"a": text}).size - EMPTY > len(LARGE)
    document = f"---\n# Source: c/%s/a.yaml\na: {text}\n"
    assert review(rendered=(document % "templates").encode()).size - EMPTY > len(LARGE)
    assert review(rendered=b"---\n# Source: c/templates/x.yaml\na: b\n" + (document % "crds").encode()).size < 2000


def test_what_repeats_itself_is_small() -> None:
    assert review(("templates/a.yaml", b"a: b\n" * 200_000)).size < 20_000


@pytest.mark.parametrize(
    ("share", "refused", "notes"), [(0.5, 0, 0), (0.8, 0, 0), (0.9, 0, 1), (0.97, 0, 1), (1.05, 1, 0), (3.0, 1, 0)]
)
def test_what_is_too_large_is_refused_and_what_nearly_is_is_said(share: float, refused: int, notes: int) -> None:
    found = review(("files/large.bin", noise(int((LIMIT * share - EMPTY) / 1.352))))
    assert (len(found.refused), len(found.notes)) == (refused, notes)
    for error in found.refused:
        assert error.code == "RELEASE_TOO_LARGE"
        assert error.where == "shop/app"
        assert "files/large.bin" in error.hint


def test_values_that_are_no_mapping_count_as_text() -> None:
    assert review(("values.yaml", b"[" + LARGE.hex().encode() + b"]")).size - EMPTY > len(LARGE)
