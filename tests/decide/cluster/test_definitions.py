"""The definitions of a package: which count, what keeps one from being applied, and what is sent."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.decide.cluster.definition_content import differences, digest_of
from jetscale_cicd.decide.cluster.definition_findings import DefinitionReview
from jetscale_cicd.decide.cluster.definitions import (
    PackagedDefinition,
    kinds_served_by,
    left_behind,
    obstacles,
    owner_of,
    packaged_by,
    packaged_in,
    to_apply,
    to_merge,
)
from jetscale_cicd.decide.cluster.manifests import parse_manifests
from jetscale_cicd.decide.fields import part, text
from tests.support.definitions import crd, webhook

GROUP = "a.test"
NAME = f"things.{GROUP}"
OURS = {"meta.helm.sh/release-name": "app", "meta.helm.sh/release-namespace": "shop"}
THEIRS = OURS | {"meta.helm.sh/release-name": "other"}


def rendered(*files: tuple[str, str]) -> Any:
    """Objects as helm renders them: the file of each, and what is in it."""
    return parse_manifests("".join(f"---\n# Source: {name}\n{text}\n" for name, text in files).encode(), "test")


def document(**fields: Any) -> Any:
    return yaml.safe_load(crd(GROUP, **fields))


def packaged(text: str = "", source: str = "app/crds/things.yaml") -> PackagedDefinition:
    (found,) = packaged_in(rendered((source, text or crd(GROUP, size="string"))))
    return found


# Which count


def test_those_in_crds_count_of_the_chart_and_its_subcharts_each_name_once() -> None:
    found = packaged_in(
        rendered(
            ("app/crds/a.yaml", crd(GROUP, size="string")),
            ("app/charts/sub/crds/b.yaml", crd(GROUP, other="string")),
            (
                "app/charts/sub/crds/c.yaml",
                f"{crd(GROUP, 'ones')}---\n# Source: elsewhere/x.yaml\n{crd(GROUP, 'twos')}",
            ),
            ("app/crds/d.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: d}"),
            ("app/templates/e.yaml", crd(GROUP, "templates")),
        )
    )
    assert [each.name for each in found] == [NAME, f"ones.{GROUP}", f"twos.{GROUP}"]
    assert found[0].digest == digest_of(document(size="string"))


def test_of_a_release_the_files_that_helm_keeps_say_more_than_a_digest() -> None:
    own = rendered(("app/crds/a.yaml", crd(GROUP, size="string")))
    by_file, by_digest = packaged_by(own, {NAME: "other", "b.a.test": digest_of(document())})
    assert by_file.departures(document()) != ()
    assert [len(by_digest.departures(each)) for each in (document(), document(size="string"))] == [0, 1]


# What keeps one from being applied

OBSTACLES: dict[str, tuple[dict[str, Any], int]] = {
    "nothing": ({}, 0),
    "a version that is gone, and stored": ({"status": {"storedVersions": ["v0", "v1"]}}, 1),
    "a version that is there": ({"status": {"storedVersions": ["v1"]}}, 0),
    "another scope": ({"spec": document()["spec"] | {"scope": "Cluster"}}, 1),
    "another group": ({"spec": document()["spec"] | {"group": "b.test"}}, 1),
    "another kind": ({"spec": document()["spec"] | {"names": {"plural": "things", "kind": "Other"}}}, 1),
    "its end": ({"metadata": {"name": NAME, "deletionTimestamp": "2026-01-01T00:00:00Z"}}, 1),
    "no content at all": ({"spec": None, "status": 1}, 4),
}
WEBHOOK = {"conversion": {"strategy": "Webhook", "webhook": {"clientConfig": {"url": "https://a.test"}}}}


@pytest.mark.parametrize("name", OBSTACLES)
def test_what_would_take_objects_with_it_or_cannot_be_is_an_obstacle(name: str) -> None:
    change, count = OBSTACLES[name]
    assert len(list(obstacles(document(), document() | change))) == count


@pytest.mark.parametrize(
    ("versions", "own", "count"), [(("v1", "v2"), {}, 1), (("v1",), {}, 0), (("v1", "v2"), WEBHOOK, 0)]
)
def test_a_conversion_that_somebody_added_is_not_taken_from_objects_of_several_versions(
    versions: tuple[str, ...], own: Any, count: int
) -> None:
    package = document(versions=versions)
    found = package | {"spec": package["spec"] | WEBHOOK}
    assert len(list(obstacles(package | {"spec": package["spec"] | own}, found))) == count


def test_the_owner_is_the_release_that_has_it_or_who_wrote_it_last() -> None:
    def wrote(manager: str, when: str, part: str = "f:spec") -> Any:
        return {"manager": manager, "time": when, "fieldsV1": {part: {}}}

    entries = [wrote("helm", "1"), wrote("kubectl", "2"), wrote("server", "3", "f:status")]
    assert owner_of({"metadata": {"managedFields": entries}}) == "kubectl, helm"
    assert owner_of({"metadata": {"managedFields": entries, "annotations": OURS}}) == "release shop/app"
    assert owner_of({}) == ""


# What is sent


def test_sent_is_what_the_package_says_and_no_status() -> None:
    given = document() | {"status": {"conditions": []}}
    given["metadata"] |= {"creationTimestamp": None, "labels": {"a": "b"}}
    sent = to_apply(given, None)
    assert sent["metadata"] == {"name": NAME, "labels": {"a": "b"}}
    names = given["spec"]["names"] | {"singular": "thing", "listKind": "ThingList"}
    assert (sent["spec"], "status" in sent) == (given["spec"] | {"names": names}, False)


@pytest.mark.parametrize(
    ("own", "theirs", "expected"), [("", "CA", None), ("Cg==", "CA", "CA"), ("Cg==", "", "Cg=="), ("", "", None)]
)
def test_a_certificate_that_was_injected_stays(own: str, theirs: str, expected: str | None) -> None:
    def certified(certificate: str) -> Any:
        made = yaml.safe_load(webhook(crd(GROUP), GROUP))
        made["spec"]["conversion"]["webhook"]["clientConfig"] |= {"caBundle": certificate} if certificate else {}
        return made

    sent = to_apply(certified(own), certified(theirs))
    assert sent["spec"]["conversion"]["webhook"]["clientConfig"].get("caBundle") == expected
    assert differences(certified(own), certified(theirs)) == ()


def test_what_an_apply_leaves_is_taken_away_before() -> None:
    before = yaml.safe_load(webhook(crd(GROUP), GROUP))
    before["spec"] |= {"preserveUnknownFields": True}
    assert left_behind(document(), before) == {
        "spec": {
            "names": {"shortNames": None},
            "conversion": {"strategy": "None", "webhook": None},
            "preserveUnknownFields": False,
        }
    }
    assert left_behind(before, before) == left_behind(before, document()) == {}


def test_of_an_address_and_a_service_of_a_webhook_the_other_one_is_taken_away_at_once() -> None:
    by_service = yaml.safe_load(webhook(crd(GROUP), GROUP))
    by_address = yaml.safe_load(webhook(crd(GROUP), GROUP))
    by_address["spec"]["conversion"]["webhook"]["clientConfig"] = {"url": "https://a.invalid", "caBundle": "Cg=="}
    (patch,) = left_behind(by_service, by_address)["spec"].values()
    service = {"namespace": "default", "name": "converter", "path": "/convert", "port": 443}
    assert patch["webhook"]["clientConfig"] == {"service": service, "url": None}


NAMES = st.fixed_dictionaries(
    {"plural": st.just("things"), "kind": st.just("Thing")},
    optional={
        "singular": st.sampled_from(["thing", "other"]),
        "listKind": st.sampled_from(["ThingList", "Others"]),
        "shortNames": st.lists(st.sampled_from("ab"), max_size=2),
        "categories": st.none() | st.just(["all"]),
    },
)
CLIENTS = st.fixed_dictionaries(
    {},
    optional={
        "caBundle": st.sampled_from(["Cg==", "CA"]),
        "url": st.just("https://a.invalid"),
        "service": st.fixed_dictionaries(
            {"namespace": st.just("n"), "name": st.sampled_from("ab")},
            optional={"port": st.sampled_from([443, 8443]), "path": st.just("/a")},
        ),
    },
)
CONVERSIONS = st.just({"strategy": "None"}) | st.fixed_dictionaries(
    {
        "strategy": st.just("Webhook"),
        "webhook": st.fixed_dictionaries({"conversionReviewVersions": st.just(["v1"]), "clientConfig": CLIENTS}),
    }
)


@st.composite
def definitions(draw: st.DrawFn) -> Any:
    """Definitions of one name, as they were made by whoever."""
    made = document(versions=draw(st.sampled_from([("v1",), ("v1", "v2")])), **draw(FIELDS))
    made["spec"] |= {"names": draw(NAMES)}
    made["spec"] |= draw(
        st.fixed_dictionaries({}, optional={"conversion": CONVERSIONS, "preserveUnknownFields": FLAGS})
    )
    made["metadata"] |= draw(st.fixed_dictionaries({}, optional={"labels": MARKS, "annotations": MARKS}))
    return made


CERTIFICATE = ("spec", "conversion", "webhook", "clientConfig", "caBundle")
FLAGS, MARKS = st.booleans(), st.dictionaries(st.sampled_from("ab"), st.sampled_from("12"))
FIELDS = st.dictionaries(st.sampled_from(["size", "weight"]), st.sampled_from(["string", "integer"]))


def merged(found: Any, patch: Any) -> Any:
    """A JSON merge patch, applied (RFC 7386)."""
    if not isinstance(patch, dict):
        return patch
    kept = {key: value for key, value in (found if isinstance(found, dict) else {}).items() if key not in patch}
    changed = {key: merged(found.get(key) if isinstance(found, dict) else None, value) for key, value in patch.items()}
    return kept | {key: value for key, value in changed.items() if value is not None}


@given(package=definitions(), found=definitions())
def test_whatever_is_there_becomes_what_is_packaged_and_keeps_what_is_of_others(package: Any, found: Any) -> None:
    after = merged(found, to_merge(package, found))
    assert differences(package, after) == ()
    for marks in ("labels", "annotations"):
        theirs = found["metadata"].get(marks, {})
        assert theirs.keys() <= after["metadata"].get(marks, {}).keys()
    if (injected := text(found, *CERTIFICATE)) and part(package, *CERTIFICATE[:-1]):
        assert text(after, *CERTIFICATE) == injected


def test_only_versions_that_are_served_are_waited_for() -> None:
    made = document(versions=("v1", "v2"))
    made["spec"]["versions"][0]["served"] = False
    assert list(kinds_served_by(made)) == [(f"{GROUP}/v2", "things")]


# What is found before a deploy

CASES: dict[str, tuple[Any, dict[str, Any], list[str]]] = {
    "there as packaged": (document(size="string"), {}, []),
    "absent in a first install": (None, {"installs": True}, []),
    "absent in an upgrade": (None, {}, ["CRD_MISSING"]),
    "absent, and applied": (None, {"applies": True}, []),
    "another one": (document(), {}, ["CRD_DIFFERS"]),
    "another one in a first install": (document(), {"installs": True}, ["CRD_DIFFERS"]),
    "another one, and applied": (document(), {"applies": True}, []),
    "another one, of this release": (
        document() | {"metadata": {"annotations": OURS}},
        {"applies": True},
        [],
    ),
    "another one, of another release": (
        document() | {"metadata": {"annotations": THEIRS}},
        {"applies": True},
        ["CRD_FOREIGN"],
    ),
    "as packaged, of another release": (
        document(size="string") | {"metadata": {"annotations": THEIRS}},
        {"applies": True},
        [],
    ),
    "stored otherwise": (document() | {"status": {"storedVersions": ["v0"]}}, {"applies": True}, ["CRD_CANNOT_CHANGE"]),
    "stored otherwise, and checked": (document() | {"status": {"storedVersions": ["v0"]}}, {}, ["CRD_CANNOT_CHANGE"]),
}


@pytest.mark.parametrize("name", CASES)
def test_before_a_deploy_a_definition_is(name: str) -> None:
    found, how, expected = CASES[name]
    assert [each.code for each in review(found, **how).findings()] == expected


def review(found: Any, source: str = "app/crds/things.yaml", **how: Any) -> DefinitionReview:
    given = {"installs": False, "applies": False, **how}
    return DefinitionReview(seen=((packaged(source=source), found),), release="shop/app", chart="charts/app", **given)


@pytest.mark.parametrize(("policy", "expected"), [("keep", []), ("", ["CRD_REMOVED"])])
def test_an_object_of_the_release_that_moves_to_crds_has_to_be_kept(policy: str, expected: list[str]) -> None:
    found = document(size="string")
    found["metadata"]["annotations"] = {"helm.sh/resource-policy": policy}
    deployed = rendered(("app/templates/crd.yaml", crd(GROUP, size="string")))
    assert [each.code for each in review(found, deployed=deployed).findings()] == expected
    stays = [*rendered(("app/crds/things.yaml", crd(GROUP, size="string"))), *deployed]
    assert list(review(found, deployed=deployed, manifests=stays).findings()) == []


COMMANDS = {
    "app/crds/things.yaml": "kubectl apply --server-side --force-conflicts -f charts/app/crds/things.yaml",
    "app/charts/sub/crds/things.yaml": (
        "helm dependency build charts/app && helm show crds charts/app | "
        "kubectl apply --server-side --force-conflicts -f -"
    ),
}


@pytest.mark.parametrize(("source", "command"), COMMANDS.items())
def test_the_command_applies_the_file_or_those_of_the_whole_chart(source: str, command: str) -> None:
    (error,) = review(None, source).findings()
    assert error.hint.startswith(command)


@pytest.mark.parametrize(
    ("found", "how", "expected"),
    [
        (document(size="string"), {"applies": True}, ["Thing"]),
        (document(), {"applies": True}, ["CustomResourceDefinition", "Thing"]),
        (document(), {}, ["CustomResourceDefinition"]),
        (None, {"installs": True}, ["CustomResourceDefinition", "Thing"]),
        (None, {}, ["CustomResourceDefinition"]),
    ],
)
def test_what_a_deploy_has_and_can_be_tried_is_tried(found: Any, how: dict[str, Any], expected: list[str]) -> None:
    resource = f"apiVersion: {GROUP}/v1\nkind: Thing\nmetadata: {{name: one}}"
    objects = rendered(("app/crds/things.yaml", crd(GROUP, size="string")), ("app/templates/thing.yaml", resource))
    assert [each.kind for each in review(found, **how).to_try(objects)] == expected
