"""Secrets of a contract: what is missing is told once, with who waits for it; what the release makes may be missing."""

import pytest

from jetscale_cicd.decide.cluster.manifests import parse_manifests
from jetscale_cicd.decide.needs.contract import contract_secrets, without_contract
from jetscale_cicd.decide.needs.inventory import Inventory, Place, Present
from jetscale_cicd.decide.needs.made import made_by
from jetscale_cicd.decide.needs.need import Thing
from jetscale_cicd.decide.needs.references import needs_of
from jetscale_cicd.model.target import Target

TARGET = Target(name="live", namespace="shop")
DB = Thing("", "Secret", "shop", "db")
PLACE = Place("", "Secret", "shop")
WEB = b"""\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: main, envFrom: [{secretRef: {name: db}}, {secretRef: {name: other}}]}]}}}
"""
MAKES = b"apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {URL: x}\n"
LISTED = Inventory(listed=frozenset({PLACE}), resources=())


def codes(inventory: Inventory, keys: tuple[str, ...] = ("URL",), manifests: bytes = WEB) -> list[str]:
    objects = parse_manifests(manifests, "x")
    found = contract_secrets({"db": keys}, made_by(objects, "shop"), inventory, needs_of(objects, "shop"), TARGET)
    return [each.code for each in found]


def there(**keys: bool) -> Inventory:
    """The Secret is there, with these keys, and whether each is empty."""
    return Inventory(listed=frozenset({PLACE}), things={DB: Present(keys=keys)}, resources=())


@pytest.mark.parametrize(
    ("inventory", "expected"),
    [
        (LISTED, ["CONTRACT_SECRET_MISSING"]),
        (Inventory(), ["CONTRACT_SECRET_UNSEEN"]),
        (there(URL=False), []),
        (there(URL=True), ["CONTRACT_SECRET_KEY_EMPTY"]),
        (there(USER=False), ["CONTRACT_SECRET_KEY_MISSING"]),
        (Inventory(things={DB: Present(leaving=True, keys={"URL": False})}), ["CONTRACT_SECRET_MISSING"]),
    ],
)
def test_what_a_secret_lacks(inventory: Inventory, expected: list[str]) -> None:
    assert codes(inventory) == expected


def test_what_the_release_makes_need_not_be_there() -> None:
    assert codes(LISTED, manifests=MAKES) == []


def test_who_waits_for_it_is_named() -> None:
    objects = parse_manifests(WEB, "x")
    (missing,) = contract_secrets({"db": ()}, made_by(objects, "shop"), LISTED, needs_of(objects, "shop"), TARGET)
    assert missing.details == ("needed by Deployment web",)


def test_the_chart_s_needs_of_a_secret_of_the_contract_are_not_told_again() -> None:
    needs = needs_of(parse_manifests(WEB, "x"), "shop")
    left = without_contract(needs, {"db": ("URL",)}, LISTED, "shop")
    assert {each.thing.name for each in left if each.thing.kind == "Secret"} == {"other"}


def test_what_the_release_adds_to_a_secret_that_is_there_is_not_missing() -> None:
    assert codes(there(USER=False), keys=("URL", "USER"), manifests=MAKES) == []
    assert codes(there(USER=False), keys=("URL", "OTHER"), manifests=MAKES) == ["CONTRACT_SECRET_KEY_MISSING"]


def test_the_remedy_of_a_new_namespace_begins_with_it() -> None:
    objects, new = parse_manifests(WEB, "x"), Inventory(new_namespaces=frozenset({"shop"}), resources=())
    (missing,) = contract_secrets({"db": ()}, made_by(objects, "shop"), new, needs_of(objects, "shop"), TARGET)
    assert missing.hint.count("kubectl create namespace shop && kubectl create secret generic db") == 1
