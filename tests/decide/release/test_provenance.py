"""The statement of where a package comes from: in-toto's form, and the same bytes for the same values."""

import json
from typing import Any

from jetscale_cicd.decide.release.provenance import statement
from jetscale_cicd.model.provenance import Provenance
from jetscale_cicd.model.record import replace
from jetscale_cicd.model.version import Version

MADE = Provenance(
    chart="stack",
    version=Version(1, 2, 3),
    tag="v1.2.3",
    path="charts/app",
    commit="a" * 40,
    source="https://git.example/acme/shop",
    package="sha256:" + "1" * 64,
    manifest="sha256:" + "2" * 64,
    ci="github",
    run="https://git.example/acme/shop/actions/runs/7",
    tool="0.1.0",
)


def document(made: Provenance) -> Any:
    return json.loads(statement(made))


def test_it_is_a_statement_of_in_toto_with_the_provenance_of_slsa() -> None:
    assert document(MADE) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {"name": "stack-1.2.3.tgz", "digest": {"sha256": "1" * 64}},
            {"name": "stack:1.2.3", "digest": {"sha256": "2" * 64}},
        ],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "https://stage6.jetscale.ai/chart/v1",
                "externalParameters": {
                    "chart": "stack",
                    "path": "charts/app",
                    "source": "https://git.example/acme/shop",
                    "tag": "v1.2.3",
                    "version": "1.2.3",
                },
                "resolvedDependencies": [
                    {
                        "uri": "git+https://git.example/acme/shop@refs/tags/v1.2.3",
                        "digest": {"gitCommit": "a" * 40},
                    }
                ],
            },
            "runDetails": {
                "builder": {"id": "https://stage6.jetscale.ai/ci/github", "version": {"jetscale_cicd": "0.1.0"}},
                "metadata": {"invocationId": "https://git.example/acme/shop/actions/runs/7"},
            },
        },
    }


def test_the_same_values_give_the_same_bytes() -> None:
    assert statement(MADE) == statement(replace(MADE))


def test_what_is_not_known_is_left_out() -> None:
    predicate = document(replace(MADE, source="", run=""))["predicate"]
    assert "source" not in predicate["buildDefinition"]["externalParameters"]
    assert predicate["buildDefinition"]["resolvedDependencies"] == [{"digest": {"gitCommit": "a" * 40}}]
    assert "metadata" not in predicate["runDetails"]
