"""Which names of charts an OCI registry takes, by its specification."""

import pytest

from jetscale_cicd.decide.chart.oci_name import check_oci_name
from jetscale_cicd.errors import ConfigurationError

OCI = "oci://registry.test/charts"


@pytest.mark.parametrize("name", ["app", "app2", "2app", "my-stack", "my.stack", "my_stack", "my__stack", "a---b"])
def test_a_name_of_the_specification_is_taken(name: str) -> None:
    check_oci_name(name, OCI, "Chart.yaml")


@pytest.mark.parametrize(
    ("name", "proposal"),
    [
        ("MyStack", "my-stack"),
        ("app-", "app"),
        ("app.", "app"),
        ("app_", "app"),
        ("my..stack", "my-stack"),
        ("my___stack", "my-stack"),
        ("my._stack", "my-stack"),
        ("APP", "app"),
    ],
)
def test_any_other_is_refused_with_one_that_would_be_taken(name: str, proposal: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        check_oci_name(name, OCI, "charts/app/Chart.yaml")
    assert (refused.value.code, refused.value.where) == ("CHART_NAME_OCI", "charts/app/Chart.yaml")
    assert f"name: {proposal}`" in refused.value.hint
    check_oci_name(proposal, OCI, "")


@pytest.mark.parametrize(("length", "taken"), [(248, True), (249, False)])
def test_path_and_name_have_a_length_together(length: int, taken: bool) -> None:
    if taken:
        check_oci_name("a" * length, OCI, "")
        return
    with pytest.raises(ConfigurationError):
        check_oci_name("a" * length, OCI, "")


@pytest.mark.parametrize("registry", ["registry", "file:///srv/charts", ""])
def test_a_directory_takes_every_name(registry: str) -> None:
    check_oci_name("MyStack", registry, "")
