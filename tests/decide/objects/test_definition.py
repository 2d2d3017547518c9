"""Definitions of a package in the ledger: as packaged and served, or why not."""

from typing import Any

import pytest
import yaml

from jetscale_cicd.decide.cluster.definition_content import digest_of
from jetscale_cicd.decide.cluster.definitions import DEFINITION, PackagedDefinition
from jetscale_cicd.decide.objects.ledger import packaged_rows
from jetscale_cicd.model.ledger import LedgerRow, ObjectState
from jetscale_cicd.model.record import replace
from tests.decide.objects.release import conditions, seen
from tests.support.definitions import crd

NAME = "things.a.test"


def document(*held: str, **fields: Any) -> Any:
    return yaml.safe_load(crd("a.test", **fields)) | {"status": conditions(*held)}


PACKAGED = PackagedDefinition(name=NAME, digest=digest_of(document()), document=document())
RECORDED = replace(PACKAGED, document=None)


def row(found: Any, packaged: PackagedDefinition = PACKAGED, *, brought_back: bool = False) -> LedgerRow:
    around = seen(CustomResourceDefinition=[found] if found else [])
    (only,) = packaged_rows([packaged], around, brought_back=brought_back)
    return only


SERVED = "Established=True"
STATES: dict[str, tuple[Any, ObjectState]] = {
    "as packaged, and served": (document(SERVED), ObjectState.READY),
    "as packaged, and not served yet": (document(), ObjectState.PROGRESSING),
    "as packaged, and its names are taken": (document("NamesAccepted=False:Taken"), ObjectState.FAILED),
    "another one": (document(SERVED, size="string"), ObjectState.FAILED),
    "not there": (None, ObjectState.ABSENT),
    "being deleted": (
        document(SERVED) | {"metadata": {"name": NAME, "deletionTimestamp": "now"}},
        ObjectState.LEAVING,
    ),
}


@pytest.mark.parametrize("packaged", [PACKAGED, RECORDED], ids=["by its file", "by its digest"])
@pytest.mark.parametrize("name", STATES)
def test_a_definition_of_the_package_is(name: str, packaged: PackagedDefinition) -> None:
    found, state = STATES[name]
    assert row(found, packaged).state is state


def test_a_file_says_in_what_it_differs() -> None:
    assert "spec.versions[v1]" in row(document(SERVED, size="string")).reason


def test_a_rollback_takes_none_back_which_is_no_fault_of_it() -> None:
    found = document(SERVED, size="string")
    assert row(found, brought_back=True).state is ObjectState.READY
    assert "rollback" in row(found, brought_back=True).reason
    assert row(document(SERVED), brought_back=True).reason == ""
    assert row(document(size="string"), brought_back=True).state is ObjectState.PROGRESSING


def test_without_the_right_to_see_them_nothing_is_told() -> None:
    around = replace(seen(), objects={})
    (only,) = packaged_rows([PACKAGED], around, brought_back=False)
    assert (only.kind, only.state) == (DEFINITION, ObjectState.UNSEEN)
