"""A digest is written into `.stage6.yaml` without touching any other byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.config.adopted import with_adopted
from jetscale_cicd.config.reader import read_settings
from jetscale_cicd.errors import ConfigurationError

FILE = ".stage6.yaml"
D, E = f"sha256:{'d' * 64}", f"sha256:{'e' * 64}"
TAG = "v0.24.9"
TARGETS = "targets:\n  live: {}\n"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("", f"chart:\n  adopted:\n    {TAG}: {D}\n"),
        ("# Nothing yet.", f"# Nothing yet.\nchart:\n  adopted:\n    {TAG}: {D}\n"),
        (
            f"# Ours.\nchart:\n  path: charts/app # here\n\n# Where it runs.\n{TARGETS}",
            f"# Ours.\nchart:\n  path: charts/app # here\n  adopted:\n    {TAG}: {D}\n\n# Where it runs.\n{TARGETS}",
        ),
        (
            "targets:\n  live:\n    env: prod\n# The end.\n",
            f"targets:\n  live:\n    env: prod\nchart:\n  adopted:\n    {TAG}: {D}\n# The end.\n",
        ),
        (
            f"chart:\n    adopted:\n        v0.1.0: {E} # old\n    # The path.\n    path: a\n",
            f"chart:\n    adopted:\n        v0.1.0: {E} # old\n        {TAG}: {D}\n    # The path.\n    path: a\n",
        ),
        (f"chart:\n  adopted:\n    {TAG}: {E} # old\n", f"chart:\n  adopted:\n    {TAG}: {D} # old\n"),
        (f"chart:\n  adopted:\n    '{TAG}': '{E}'\n", f"chart:\n  adopted:\n    '{TAG}': {D}\n"),
        ("chart: {path: charts/app}\n", f'chart: {{"adopted": {{"{TAG}": "{D}"}}, path: charts/app}}\n'),
        ("chart: {adopted: {}}\n", f'chart: {{adopted: {{"{TAG}": "{D}"}}}}\n'),
        ("{release: {commit: true}}\n", f'{{"chart": {{"adopted": {{"{TAG}": "{D}"}}}}, release: {{commit: true}}}}\n'),
        ("chart:\r\n  path: charts/app\r\n", f"chart:\r\n  path: charts/app\r\n  adopted:\r\n    {TAG}: {D}\r\n"),
        ("chart:\n  path: charts/app", f"chart:\n  path: charts/app\n  adopted:\n    {TAG}: {D}\n"),
        (
            "---\nchart:\n  path: charts/app\n...\n",
            f"---\nchart:\n  path: charts/app\n  adopted:\n    {TAG}: {D}\n...\n",
        ),
    ],
)
def test_it_is_added_and_everything_else_stays(text: str, written: str) -> None:
    assert with_adopted(text, TAG, D, FILE) == written
    assert read_settings(written, FILE).chart.adopted[TAG] == D
    assert with_adopted(written, TAG, D, FILE) == written


TAGS = st.one_of(
    st.sampled_from(["1.4.2", "1.4", "1e3", "true", "null", "0x1F", "v1", "release/v1.0.0", "2024-01-01", "app@1.0.0"]),
    st.from_regex(r"[a-z0-9][a-z0-9./_-]{0,12}[a-z0-9]", fullmatch=True).filter(
        lambda tag: not any(bad in tag for bad in ("..", "//", "/.", ".lock"))
    ),
)


@given(st.lists(TAGS, min_size=1, max_size=4, unique=True))
def test_any_tag_can_be_added_one_after_the_other(tags: list[str]) -> None:
    text = "chart:\n  path: charts/app\ntargets:\n  live: {}\n"
    for tag in tags:
        text = with_adopted(text, tag, D, FILE)
    assert read_settings(text, FILE).chart.adopted == dict.fromkeys(tags, D)


@pytest.mark.parametrize("text", ["chart: [\n", "chart:\n  pth: x\n", "chart: {path: /etc}\n"])
def test_a_file_that_is_wrong_is_not_edited(text: str) -> None:
    with pytest.raises(ConfigurationError):
        with_adopted(text, TAG, D, FILE)


@pytest.mark.parametrize(
    "text",
    ["chart: {adopted: {v1: sha256:0}}", f"chart: {{adopted: {{'a b': '{D}'}}}}", "chart: {app_version: always}"],
)
def test_the_configuration_refuses_what_is_no_digest_no_tag_and_no_rule(text: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read_settings(text, FILE)
    assert refused.value.code == "CONFIG_VALUE"
