"""What the API server gives back for a definition is the definition, however that was written."""

import pytest
import yaml

from jetscale_cicd.decide.cluster.definition_content import differences, digest_of
from jetscale_cicd.decide.cluster.definitions import DEFINITIONS
from tests.support.control_plane import Cluster
from tests.support.definitions import ODD, crd
from tests.support.secrets_operator import CRDS, OPERATOR_ASSETS


def test_what_the_server_gives_back_is_as_packaged(served_crds: Cluster) -> None:
    """Those of External Secrets Operator, as its release has them."""
    files = (OPERATOR_ASSETS / CRDS).read_text()
    packaged = {each["metadata"]["name"]: each for each in yaml.safe_load_all(files) if each}
    found = {each["metadata"]["name"]: each for each in served_crds.ask(DEFINITIONS)["items"]}
    both = packaged.keys() & found.keys()
    assert both
    assert {name: differences(packaged[name], found[name]) for name in both} == dict.fromkeys(both, ())
    assert all(digest_of(packaged[name]) == digest_of(found[name]) for name in both)


@pytest.mark.parametrize("name", ODD)
def test_zeros_defaults_and_odd_numbers_are_no_difference(cluster: Cluster, group: str, name: str) -> None:
    packaged = yaml.safe_load(crd(group))
    ODD[name](packaged["spec"])
    found = cluster.ask(DEFINITIONS, "POST", packaged)
    assert differences(packaged, found) == ()
    assert digest_of(packaged) == digest_of(found)
    assert differences(packaged, cluster.ask(f"{DEFINITIONS}/things.{group}")) == ()
