"""The page of the configuration has every key with its default, and its example can be read."""

import re
from fnmatch import fnmatchcase

import pytest
import yaml

from jetscale_cicd.config.reader import read_settings
from scripts.docs.blocks import CONFIGURATION, DOCS, README, block
from scripts.docs.source import PROJECT
from scripts.docs.tables import keys


def yaml_blocks(text: str) -> list[str]:
    """Fenced YAML, without the indent of a list that it stands in."""
    found = re.findall(r"^( *)```yaml\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", body, flags=re.MULTILINE) for indent, body in found]


@pytest.mark.parametrize("section", ["chart", "release", "target", "parity"])
def test_the_documented_keys_and_defaults_are_those_of_the_schema(section: str) -> None:
    """Read back from the file, so that the table cannot be wrong together with what makes it."""
    table = block(f"{section} keys")
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| (?:`([^`|]+)`|[^|`]+) \|", table, re.MULTILINE)
    assert [name for name, _ in rows] == list(keys(section))
    for name, default in rows:
        # A '{' begins a mapping in YAML, unless it is quoted.
        value = yaml.safe_load(re.sub(r"(?<![\w/\"])(\w+/\{name\}[\w./]*)", r'"\1"', default)) if default else None
        assert value == keys(section)[name].get("default"), name


def semantic_release_keys() -> set[str]:
    """Every key of python-semantic-release's configuration, those of its tables with a dot."""
    from pydantic import BaseModel
    from semantic_release.cli.config import BranchConfig, RawConfig
    from semantic_release.commit_parser.conventional.options import ConventionalCommitParserOptions

    tables = {"commit_parser_options": vars(ConventionalCommitParserOptions())}
    tables |= {"branches": BranchConfig.model_fields}
    for name, spec in RawConfig.model_fields.items():
        if isinstance(spec.annotation, type) and issubclass(spec.annotation, BaseModel):
            tables[name] = spec.annotation.model_fields
    inside = {f"{name}.{key}" for name, keys in tables.items() for key in keys if not key.startswith("_")}
    return inside | (set(RawConfig.model_fields) - set(tables))


def test_each_key_of_python_semantic_release_has_a_row_that_says_what_becomes_of_it() -> None:
    text = CONFIGURATION.read_text().partition("| key | in Stage 6 |")[2].partition("\n\n")[0]
    rows = [key for line in text.splitlines()[2:] for key in re.findall(r"`([\w.*]+)`", line.split("|")[1])]
    known = semantic_release_keys()
    assert "commit_parser_options.ignore_merge_commits" in known
    assert [key for key in known if not any(fnmatchcase(key, row) for row in rows)] == []
    assert [row for row in rows if not any(fnmatchcase(key, row) for key in known)] == []


def test_the_example_holds_every_key_and_can_be_read() -> None:
    (text,) = yaml_blocks(CONFIGURATION.read_text())
    settings = read_settings(text, "docs/configuration.md")
    written = {key for key, origin in settings.origins.items() if origin != "default"}
    sections = {"chart": "chart", "release": "release", "target": "targets.live", "parity": "parity"}
    assert written == {f"{prefix}.{key}" for section, prefix in sections.items() for key in keys(section)}
    assert settings.notes == ()


def test_the_examples_of_a_first_deploy_are_the_same_target() -> None:
    guide = yaml_blocks((DOCS / "deploy.md").read_text())[0]
    (readme,) = (each for each in yaml_blocks(README.read_text()) if "targets:" in each)
    (target,) = read_settings(guide, "docs/deploy.md").targets
    (shown,) = read_settings(readme, "README.md").targets
    assert (target.namespace, target.release, target.required_secrets) == ("acme-prod", "shop", ())
    assert (shown.namespace, shown.release, shown.required_secrets) == ("acme-prod", "shop", ())


def test_our_own_configuration_can_be_read_and_names_what_is_here() -> None:
    settings = read_settings((PROJECT / ".stage6.yaml").read_text(), ".stage6.yaml")
    assert [(target.name, target.namespace) for target in settings.targets] == [
        ("live", "jetscale-prod"),
        ("preview", "jetscale-preview"),
    ]
    for target in settings.targets:
        assert [path for path in target.values if not (PROJECT / path).is_file()] == []
    assert [place for place in settings.chart.mirrors.values() if not (PROJECT / place).is_dir()] == []


@pytest.mark.parametrize(("name", "entry"), [("live", "jetscale-prod"), ("preview", "jetscale-preview")])
def test_our_own_configuration_states_the_contract_of_jetscale(name: str, entry: str) -> None:
    settings = read_settings((PROJECT / ".stage6.yaml").read_text(), ".stage6.yaml")
    (target,) = (each for each in settings.targets if each.name == name)
    keys = tuple(f"JETSCALE_CLIENT_AWS_{each}" for each in ("REGION", "ROLE_ARN", "ROLE_EXTERNAL_ID"))
    secrets: dict[str, tuple[str, ...]] = {
        f"jetscale-{each}": () for each in ("db-secret", "redis-secret", "common-secrets")
    }
    secrets["jetscale-aws-client-secret"] = keys
    assert target.contract_secrets == secrets
    assert set(target.contract_external_secrets) == set(secrets)
    assert target.contract.aws_secrets == {f"{entry}/application/aws/client": keys}
