"""What a run acts on has to be written down."""

import pytest
import yaml

from jetscale_cicd.config.defaults import default_settings
from jetscale_cicd.config.reader import read_settings
from jetscale_cicd.config.required import check_required, unset_keys
from jetscale_cicd.config.settings import ChartSettings, Settings
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.target import Target

FILE = ".stage6.yaml"
CHART = "chart: {registry: ../registry}\n"


def unset(targets: str, chart: str = CHART) -> list[str]:
    """The keys that are missing, without the target's name."""
    return [key.removeprefix("targets.a.") for key in unset_keys(read_settings(f"{chart}targets: {targets}\n", FILE))]


def test_without_a_file_everything_is_missing() -> None:
    assert unset_keys(default_settings()) == ("chart.registry", "targets.live.namespace", "targets.live.release")


@pytest.mark.parametrize(
    ("target", "missing"),
    [
        ("{}", ["namespace", "release"]),
        ("{release: app}", ["namespace"]),
        ("{namespace: shop}", ["release"]),
        ("{namespace: shop, release: app}", []),
        ("{client_name: shop, env: prod, release: app}", []),
        ("{client_name: shop, release: app}", ["env"]),
        ("{env: prod, release: app}", ["client_name"]),
        ("{namespace: shop, env: prod, release: app}", []),
        ("{client_name: null, env: null, namespace: '', release: app}", ["namespace"]),
        ("{namespace: jetscale-prod, release: jetscale-stack}", []),
    ],
)
def test_a_target_needs_its_namespace_or_both_of_its_parts_and_its_release(target: str, missing: list[str]) -> None:
    assert unset(f"{{a: {target}}}") == missing


def test_the_registry_is_needed_whatever_else_is_written() -> None:
    assert unset("{a: {namespace: shop, release: app}}", "chart: {path: x}\n") == ["chart.registry"]


def test_each_target_is_complete_or_named() -> None:
    assert unset("{a: {namespace: x, release: app}, b: {namespace: z}}") == ["targets.b.release"]


def test_settings_that_are_made_in_python_are_what_their_maker_set() -> None:
    assert unset_keys(Settings(chart=ChartSettings(registry="../r"), targets=(Target(name="a"),))) == ()


def test_the_error_has_every_missing_key_as_lines_to_paste_that_cannot_be_used_as_they_are() -> None:
    settings = read_settings("targets: {a: {client_name: x}, b: {}}\n", FILE)
    with pytest.raises(ConfigurationError) as refused:
        check_required(settings, None)
    assert refused.value.code == "CONFIG_INCOMPLETE"
    pasted = "\n".join(refused.value.details)
    missing = {"chart": {"registry": "oci://HOST/PATH"}}
    targets = {"a": {"env": "ENV", "release": "RELEASE"}, "b": {"namespace": "NAMESPACE", "release": "RELEASE"}}
    assert yaml.safe_load(pasted) == missing | {"targets": targets}
    with pytest.raises(ConfigurationError, match="5 problems"):
        read_settings(pasted, FILE)


def test_what_is_complete_is_accepted() -> None:
    check_required(read_settings(f"{CHART}targets: {{a: {{namespace: x, release: app}}}}\n", FILE), None)
