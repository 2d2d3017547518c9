"""Secrets of a contract: what is missing is told once, with who waits for it; what the release makes may be missing."""

from collections.abc import Sequence

import pytest

from jetscale_cicd.decide.cluster.manifests import parse_manifests
from jetscale_cicd.decide.needs.contract import ContractSecrets
from jetscale_cicd.decide.needs.hooks import Deploy
from jetscale_cicd.decide.needs.inventory import Inventory, Place, Present
from jetscale_cicd.decide.needs.made import made_by
from jetscale_cicd.decide.needs.need import Thing, Use
from jetscale_cicd.decide.needs.references import needs_of
from jetscale_cicd.errors import Stage6Error
from jetscale_cicd.model.record import replace
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


def contract(inventory: Inventory, keys: Sequence[str], manifests: bytes, *, install: bool = False) -> ContractSecrets:
    made = made_by(parse_manifests(manifests, "x"), "shop")
    return ContractSecrets({"db": keys}, made, inventory, Deploy(install))


def missing(
    inventory: Inventory, keys: Sequence[str] = (), manifests: bytes = WEB, *, install: bool = False
) -> tuple[Stage6Error, ...]:
    needs = needs_of(parse_manifests(manifests, "x"), "shop")
    return contract(inventory, keys, manifests, install=install).missing(needs, TARGET)


def codes(
    inventory: Inventory, keys: Sequence[str] = ("URL",), manifests: bytes = WEB, *, install: bool = False
) -> list[str]:
    return [each.code for each in missing(inventory, keys, manifests, install=install)]


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
    (found,) = missing(LISTED)
    assert found.details == ("needed by Deployment web",)


def test_the_chart_s_needs_of_a_secret_of_the_contract_are_not_told_again() -> None:
    of_contract = contract(LISTED, ("URL",), WEB)
    left = [each for each in needs_of(parse_manifests(WEB, "x"), "shop") if not of_contract.says(each, "shop")]
    assert {each.thing.name for each in left if each.thing.kind == "Secret"} == {"other"}


@pytest.mark.parametrize(
    ("hook", "install", "is_made"),
    [("pre-install", True, True), ("pre-install", False, False), ("post-install", True, True), ("foo", True, False)],
)
@pytest.mark.parametrize("inventory", [LISTED, there(USER=False)])
def test_what_a_hook_makes_counts_where_that_hook_runs(
    hook: str, install: bool, is_made: bool, inventory: Inventory
) -> None:
    """A pre-install hook often makes a password, once; nothing makes it again where somebody deleted it."""
    annotated = f"metadata: {{name: db, annotations: {{helm.sh/hook: {hook}}}}}".encode()
    manifests = WEB + b"---\n" + MAKES.replace(b"metadata: {name: db}", annotated)
    assert bool(codes(inventory, manifests=manifests, install=install)) is not is_made
    of_contract = contract(inventory, ("URL",), manifests, install=install)
    needs = needs_of(parse_manifests(manifests, "x"), "shop")
    (need,) = [replace(each, key="URL") for each in needs if each.thing == DB and each.use is Use.ENV_FROM]
    assert of_contract.says(need, "shop") is not is_made


def test_what_the_release_adds_to_a_secret_that_is_there_is_not_missing() -> None:
    assert codes(there(USER=False), keys=("URL", "USER"), manifests=MAKES) == []
    assert codes(there(USER=False), keys=("URL", "OTHER"), manifests=MAKES) == ["CONTRACT_SECRET_KEY_MISSING"]


def test_the_remedy_of_a_new_namespace_begins_with_it() -> None:
    (found,) = missing(Inventory(new_namespaces=frozenset({"shop"}), resources=()))
    assert found.hint.count("kubectl create namespace shop && kubectl create secret generic db") == 1
