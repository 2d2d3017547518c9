"""Chart.yaml: what is read, what is refused, and that a stamp changes two values and nothing else."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.decide.chart.chart_yaml import Dependency, parse_chart
from jetscale_cicd.decide.chart.stamp import same_content, stamp
from jetscale_cicd.errors import ConfigurationError

FILE = "charts/app/Chart.yaml"
HEAD = "apiVersion: v2\nname: app\nversion: 0.0.0\n"


def refused(text: str) -> ConfigurationError:
    """The error of a Chart.yaml that must not be read."""
    with pytest.raises(ConfigurationError) as caught:
        parse_chart(text, FILE)
    return caught.value


def not_stamped(text: str) -> ConfigurationError:
    """The error of a Chart.yaml that must not be stamped."""
    with pytest.raises(ConfigurationError) as caught:
        stamp(text, "1.2.3", "1.2.3", FILE)
    return caught.value


@pytest.mark.parametrize(
    ("text", "stamped"),
    [
        ("version: 0.0.0\nappVersion: 0.0.0\n", "version: 1.2.3\nappVersion: 4.5.6\n"),
        ("version: '0.0.0'\nappVersion: \"x\"\n", "version: '1.2.3'\nappVersion: \"4.5.6\"\n"),
        ("version: 0.0.0 # why\nappVersion: x# y\n", "version: 1.2.3 # why\nappVersion: 4.5.6\n"),
        ("version:   0.0.0   \nname: x\n", 'version:   1.2.3   \nappVersion: "4.5.6"\nname: x\n'),
        ("version: 0.0.0 # why\nname: x\n", 'version: 1.2.3 # why\nappVersion: "4.5.6"\nname: x\n'),
        ("version: 0.0.0\r\nname: x\r\n", 'version: 1.2.3\r\nappVersion: "4.5.6"\r\nname: x\r\n'),
        ("name: x\r\nversion: 0.0.0", 'name: x\r\nversion: 1.2.3\r\nappVersion: "4.5.6"'),
        ("version: 0.0.0", 'version: 1.2.3\nappVersion: "4.5.6"'),
        ("appVersion: 1\nversion: 0.0.0\n", "appVersion: 4.5.6\nversion: 1.2.3\n"),
        ("appVersion:\nversion: 0.0.0\n", 'appVersion: "4.5.6"\nversion: 1.2.3\n'),
        ("appVersion: # none\nversion: 0.0.0\n", 'appVersion: "4.5.6" # none\nversion: 1.2.3\n'),
        ("appVersion: 1.10\nversion: 0.0.0\n", "appVersion: 4.5.6\nversion: 1.2.3\n"),
        ("appVersion: ~\nversion: 0.0.0\n", "appVersion: 4.5.6\nversion: 1.2.3\n"),
        ("\ufeffversion: 0.0.0\n", '\ufeffversion: 1.2.3\nappVersion: "4.5.6"\n'),
        ("# head\n---\nversion: 0.0.0\n...\n", '# head\n---\nversion: 1.2.3\nappVersion: "4.5.6"\n...\n'),
        ("  version: 0.0.0\n  name: x\n", '  version: 1.2.3\n  appVersion: "4.5.6"\n  name: x\n'),
        ("version:\n  0.0.0 # below\nname: x\n", 'version:\n  1.2.3 # below\nappVersion: "4.5.6"\nname: x\n'),
        ('"version": 0.0.0\n', '"version": 1.2.3\nappVersion: "4.5.6"\n'),
        ("version: !!str 0.0.0\n", 'version: 1.2.3\nappVersion: "4.5.6"\n'),
        ("{name: x, version: 0.0.0}\n", '{name: x, version: 1.2.3, appVersion: "4.5.6"}\n'),
        ('{"version":"0.0.0","name":"x"}', '{"version":"1.2.3", appVersion: "4.5.6","name":"x"}'),
        ("{appVersion: 1, version: 0.0.0, name: x}\n", "{appVersion: 4.5.6, version: 1.2.3, name: x}\n"),
        (
            "description: >-\n  version: 9\n\n  appVersion: 9\nversion: 0.0.0\nappVersion: 0\n",
            "description: >-\n  version: 9\n\n  appVersion: 9\nversion: 1.2.3\nappVersion: 4.5.6\n",
        ),
        (
            "dependencies:\n- name: a\n  version: 9.9.9\n  appVersion: 9\nversion: 0.0.0\nappVersion: 0\n",
            "dependencies:\n- name: a\n  version: 9.9.9\n  appVersion: 9\nversion: 1.2.3\nappVersion: 4.5.6\n",
        ),
        (
            "annotations: {version: '9'}\nname: &n version\nhome: *n\nversion: 0.0.0\n",
            "annotations: {version: '9'}\nname: &n version\nhome: *n\nversion: 1.2.3\nappVersion: \"4.5.6\"\n",
        ),
    ],
)
def test_a_stamp_replaces_the_two_values_in_place(text: str, stamped: str) -> None:
    if "x# y" in text:  # `#` without a space before it is part of the value
        assert yaml.safe_load(text)["appVersion"] == "x# y"
    assert stamp(text, "1.2.3", "4.5.6", FILE) == stamped


@pytest.mark.parametrize("value", ["12345", "1e10", "1.10", "1_0", "2026-01-02", "0x1F", "abc", "true", "1.2"])
def test_what_helm_could_read_as_something_else_gets_quotes(value: str) -> None:
    stamped = stamp(HEAD + "appVersion: 0.0.0\n", "1.2.3", value, FILE)
    assert stamped.endswith(f'appVersion: "{value}"\n')


def test_a_version_with_prerelease_and_build_stays_plain() -> None:
    assert "version: 1.2.3-rc.1+build.5\n" in stamp(HEAD, "1.2.3-rc.1+build.5", "1.2.3", FILE)


@pytest.mark.parametrize("value", ["", "1.2.3\nname: evil", 'a"b', "a b", "-x", "1.2.3 # x"])
def test_a_version_that_could_become_yaml_is_refused(value: str) -> None:
    for version, app_version in [(value, "1.2.3"), ("1.2.3", value)]:
        with pytest.raises(ConfigurationError) as caught:
            stamp(HEAD, version, app_version, FILE)
        assert caught.value.code == "CHART_VERSION"


@pytest.mark.parametrize(
    ("text", "code", "where"),
    [
        ("name: x\n", "CHART_VERSION", "1:1"),
        ("name: x\nversion:\n", "CHART_VERSION", "2:9"),
        ("version: &v 0.0.0\nhome: *v\n", "CHART_YAML", "1:10"),
        ("home: &v 0.0.0\nversion: *v\n", "CHART_YAML", "1:7"),
        ("version: !!str &v 0.0.0\nhome: *v\n", "CHART_YAML", "1:10"),
        ("version: |-\n  0.0.0\n", "CHART_YAML", "1:10"),
        ("version: [1]\n", "CHART_YAML", "1:10"),
        ("version: 0.0.0\nappVersion: {a: b}\n", "CHART_YAML", "2:13"),
        ("version: 0.0.0\nversion: 0.0.1\n", "CHART_YAML", "2:10"),
        ("version: 0.0.0\n'version': 0.0.1\n", "CHART_YAML", "2:12"),
        ("version: 0.0.0\nVersion: 0.0.1\n", "CHART_YAML", "1:1"),
        ("version: 0.0.0\nAppVersion: 1\n", "CHART_YAML", "1:1"),
        ("<<: {version: 0.0.0}\n", "CHART_YAML", "1:15"),
        ("? name\n: x\n? version\n: 0.0.0\n", "CHART_YAML", "1:1"),
        ("version: 0.0.0\n---\nversion: 0.0.0\n", "CHART_YAML", "2:1"),
    ],
)
def test_a_version_that_cannot_be_replaced_alone_is_refused_with_its_location(text: str, code: str, where: str) -> None:
    error = not_stamped(text)
    assert (error.code, error.where) == (code, f"{FILE}:{where}")
    assert error.message


PLAIN = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8)
QUOTED = st.sampled_from(["'{}'", '"{}"', "{}"])
KEYS = st.sampled_from(
    ["name", "home", "icon", "description", "appVersion", "annotations", "dependencies", "'keywords'"]
)
ENTRIES = {
    "annotations": "annotations: {version: '9', a: b}",
    "dependencies": "dependencies:\n- name: a\n  version: 9.9.9 # version: 1\n  alias: version",
    "description": "description: |\n  version: 8\n\n  # no comment\n  appVersion: 8",
    "'keywords'": "'keywords': [version, \"appVersion: 7\"]",
}


@st.composite
def charts(draw: st.DrawFn) -> str:
    """A Chart.yaml in any order, with comments, blank lines, any quotes and line ends."""
    keys = draw(st.lists(KEYS, unique=True, max_size=5))
    keys.insert(draw(st.integers(0, len(keys))), "version")
    lines = []
    for key in keys:
        lines += draw(st.lists(st.sampled_from(["", "# version: 5", "   # x"]), max_size=2))
        comment = draw(st.sampled_from(["", " # version: 6", "  "]))
        value = draw(QUOTED).format("0.0.0" if key == "version" else "x" + draw(PLAIN))
        lines += ENTRIES[key].split("\n") if key in ENTRIES else [f"{key}: {value}{comment}"]
    head = draw(st.sampled_from(["", "\ufeff", "---\n", "%YAML 1.1\n---\n", "# c\n--- # c\n"]))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    return (head + "\n".join(lines) + draw(st.sampled_from(["", "\n", "\n\n"]))).replace("\n", end)


@given(text=charts(), version=st.sampled_from(["1.2.3", "10.0.0-rc.1"]), app_version=st.sampled_from(["4.5.6", "1e3"]))
def test_a_stamped_text_is_the_same_document_but_for_the_two_keys(text: str, version: str, app_version: str) -> None:
    stamped = stamp(text, version, app_version, FILE)
    before, after = yaml.safe_load(text), yaml.safe_load(stamped)
    assert after == before | {"version": version, "appVersion": app_version}
    assert same_content(text, stamped, "version")


@given(text=charts())
def test_a_stamp_keeps_every_other_line_byte_for_byte(text: str) -> None:
    def others(lines: list[str]) -> list[str]:
        return [
            line.rstrip("\r\n") for line in lines if not line.lstrip("\ufeff").startswith(("version:", "appVersion:"))
        ]

    stamped = stamp(text, "1.2.3", "4.5.6", FILE)
    assert others(stamped.splitlines(keepends=True)) == others(text.splitlines(keepends=True))
    assert stamp(stamped, "1.2.3", "4.5.6", FILE) == stamped


def test_a_chart_is_read_with_its_dependencies() -> None:
    text = HEAD + (
        "appVersion: 2026-01-02\n"
        "dependencies:\n"
        "- name: db\n"
        "  version: '>=1 <2'\n"
        "  repository: https://example.com/charts\n"
        "  alias: store\n"
        "  condition: db.enabled\n"
        "  tags: [data, 7]\n"
        "  import-values: [data, {parent: p, child: c}]\n"
        "- name: local\n"
        "  version: 1\n"
    )
    chart = parse_chart(text, FILE)
    assert (chart.name, chart.version, chart.app_version, chart.api_version) == ("app", "0.0.0", "2026-01-02", "v2")
    assert chart.dependencies == (
        Dependency(
            name="db",
            version=">=1 <2",
            repository="https://example.com/charts",
            alias="store",
            condition="db.enabled",
            tags=("data", "7"),
            import_values=("data", (("child", "c"), ("parent", "p"))),
        ),
        Dependency(name="local", version="1"),
    )


@pytest.mark.parametrize(
    "name", ["..", ".", "a/b", "-x", ".x", "a b", "a\\b", '"a\\nb"', '"a\\tb"', "''", "é", "y", "1.10"]
)
def test_a_name_that_could_leave_the_folder_is_refused(name: str) -> None:
    error = refused(f"apiVersion: v2\nname: {name}\nversion: 0.0.0\n")
    assert (error.code, error.where) == ("CHART_YAML", f"{FILE}:2:7")
    dependency = refused(f"{HEAD}dependencies:\n- name: {name}\n")
    assert (dependency.code, dependency.where) == ("CHART_YAML", f"{FILE}:5:9")


@pytest.mark.parametrize("version", ["1.0", "'../../1.0.0'", "latest", "1.2.3/4", "''"])
def test_an_invalid_version_is_refused(version: str) -> None:
    assert refused(f"apiVersion: v2\nname: a\nversion: {version}\n").code in {"CHART_VERSION", "CHART_YAML"}


def test_a_helm_2_chart_is_refused_with_a_hint() -> None:
    for text in ("apiVersion: v1\nname: a\nversion: 1.0.0\n", "name: a\nversion: 1.0.0\n"):
        error = refused(text)
        assert error.code == "CHART_API_VERSION"
        assert "requirements.yaml" in error.hint


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "1:1"),
        ("[]", "1:1"),
        ("a: b: c\n", "1:5"),
        ("a: 1\n b: 2\n", "2:3"),
        ("a: \x07\n", "1:4"),
        ("a: b\nc: \udcff\n", "2:4"),
        ('a: "\\UFFFFFFFF"\n', "1:7"),
        ("[" * 5_000, "1:41"),
        ("a: " + "x" * 300_000, "1:1"),
        ("? [a]\n: b\n", "1:3"),
        ("~: b\n", "1:1"),
        ("a: &a [*a]\n", "1:8"),
        (HEAD + "dependencies: x\n", "4:15"),
        (HEAD + "dependencies: [x]\n", "4:16"),
        (HEAD + "dependencies:\n- {name: a, enabled: 'true'}\n", "5:22"),
        (HEAD + "dependencies:\n- {name: a, alias: a/b}\n", "5:3"),
        (HEAD + "dependencies:\n- {name: a, Alias: b}\n", "5:3"),
        (HEAD + "dependencies:\n- {name: a, version: 1.10}\n", "5:22"),
        (HEAD + "dependencies:\n- {name: a, tags: [[b]]}\n", "5:20"),
        (HEAD + "dependencies:\n- {name: a, import-values: [1]}\n", "5:29"),
        (HEAD + "dependencies:\n- name: a\n- name: b\n  alias: a\n", "5:1"),
    ],
)
def test_what_helm_would_misread_or_refuse_is_refused_with_its_location(text: str, where: str) -> None:
    error = refused(text)
    assert (error.code, error.where) == ("CHART_YAML", f"{FILE}:{where}")


def test_aliases_of_aliases_do_not_fill_the_memory() -> None:
    levels = "".join(f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    bomb = HEAD + "annotations:\n  a0: &a0 [x, x, x]\n" + levels
    assert "aliases" in refused(bomb).hint
    assert not same_content(bomb, bomb + "\n", "version")


@pytest.mark.parametrize(
    ("new", "same"),
    [
        ("apiVersion: v2\nname: app\nversion: 1.0.0\nappVersion: '2'\ndescription: hi\n", True),
        ("# c\nversion: 0.0.0\n\nname: 'app'\ndescription: \"hi\"\napiVersion: v2\n", True),
        ("apiVersion: v2\nname: app\nversion: 0.0.0\ndescription: hello\n", False),
        ("apiVersion: v2\nname: app\nversion: 0.0.0\n", False),
        ("apiVersion: v2\nname: app\ndescription: hi\n", False),
        ("apiVersion: v2\nname: app\nversion: 0.0.0\ndescription: hi\nkeywords: [a]\n", False),
        ("apiVersion: v2\nname: app\nversion: 0.0.0\ndescription: [\n", False),
    ],
)
def test_only_the_two_versions_and_the_way_of_writing_are_no_content(new: str, same: bool) -> None:
    old = "apiVersion: v2\nname: app\nversion: 0.0.0\ndescription: hi\n"
    assert same_content(old, new, "version") is same
    assert same_content(new, old, "version") is same


@pytest.mark.parametrize(("old", "new"), [("1.20", "'1.20'"), ("1e3", "'1e3'"), ("yes", "'yes'"), ("[a, b]", "[b, a]")])
def test_quotes_that_change_what_helm_reads_are_content(old: str, new: str) -> None:
    assert not same_content(f"{HEAD}annotations:\n  a: {old}\n", f"{HEAD}annotations:\n  a: {new}\n", "version")
