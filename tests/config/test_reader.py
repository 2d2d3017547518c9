"""Every rule of `.stage6.yaml`, and the location that the reader reports."""

import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.config.defaults import default_settings
from jetscale_cicd.config.nodes import MAX_FILE_CHARS
from jetscale_cicd.config.reader import read_settings
from jetscale_cicd.config.settings import ChartSettings, Settings
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.smoke_test import SmokeTest
from jetscale_cicd.model.target import Target

FILE = ".stage6.yaml"
EXAMPLE = """\
chart:
  path: charts/app
  watch: ["charts/**"]
  registry: oci://ghcr.io/jetscale-ai/charts
  mirrors: {}            # registry prefix -> another registry or a directory: air-gapped and local runs
  tag_format: "v{version}"
targets:
  live:
    client_name: jetscale
    env: prod            # namespace jetscale-prod
    release: jetscale-stack
    engine: helm         # helm | argocd | render (§6); --engine overrides
    values: [envs/live/values.yaml]
    watch: ["envs/live/**"]
    url: https://console.jetscale.ai
    timeout: 20m
"""


def refused(text: str) -> ConfigurationError:
    """The error of a file that must not be read."""
    with pytest.raises(ConfigurationError) as caught:
        read_settings(text, FILE)
    return caught.value


def chart(key: str, value: str) -> str:
    """A file with one key of the chart, whose value begins at line 2."""
    return f"chart:\n  {key}: {value}\n"


def target(key: str, value: str) -> str:
    """A file with one key of one target, whose value begins at line 3."""
    return f"targets:\n  blue:\n    {key}: {value}\n"


def column(text: str) -> int:
    """Where the value of the last line's key begins."""
    return text.splitlines()[-1].index(": ") + 3


class TestWhatIsRead:
    def test_the_example_of_the_design_is_the_default_with_its_tag_format_spelled_out(self) -> None:
        defaults = default_settings()
        expected = replace(defaults, chart=replace(defaults.chart, tag_format="v{version}"))
        assert read_settings(EXAMPLE, FILE) == expected

    @pytest.mark.parametrize("text", ["", "\n\n", "# nothing yet\n", "---\n", "\ufeff", "null\n"])
    def test_an_empty_file_is_the_default(self, text: str) -> None:
        assert read_settings(text, FILE) == default_settings()
        assert set(read_settings(text, FILE).origins.values()) == {"default"}

    def test_every_value_knows_its_origin(self) -> None:
        origins = read_settings("chart:\n  path: charts/x\ntargets:\n  live:\n    timeout: 5m\n", FILE).origins
        assert origins["chart.path"] == ".stage6.yaml:2:9"
        assert origins["targets.live.timeout"] == ".stage6.yaml:5:14"
        assert origins["targets.live.env"] == "default"
        assert origins["chart.registry"] == "default"

    def test_targets_keep_the_order_of_the_file(self) -> None:
        text = "targets:\n  zeta: {env: z}\n  alpha: {env: a}\n"
        assert [each.name for each in read_settings(text, FILE).targets] == ["zeta", "alpha"]

    @pytest.mark.parametrize("name", ["live", "blue"])
    def test_no_target_of_a_file_has_an_address_that_the_file_does_not_set(self, name: str) -> None:
        (target,) = read_settings(f"targets: {{{name}: {{timeout: 30m}}}}", FILE).targets
        assert (target.url, target.timeout) == ("", 1800)

    @pytest.mark.parametrize(
        ("text", "expected"), [("90s", 90), ("20m", 1200), ("1h", 3600), ("1h30m", 5400), ("24h", 86400)]
    )
    def test_a_duration_is_written_with_its_unit(self, text: str, expected: int) -> None:
        assert read_settings(target("timeout", text), FILE).targets[0].timeout == expected

    def test_a_smoke_test_is_the_arguments_of_a_command(self) -> None:
        keys = "{command: [./smoke.sh, --now], environment: [LOGIN], timeout: 90s, rollback: true}"
        wanted = SmokeTest(command=("./smoke.sh", "--now"), environment=("LOGIN",), timeout=90, rollback=True)
        assert read_settings(target("verify", keys), FILE).targets[0].verify == wanted
        assert read_settings(target("verify", "null"), FILE).targets[0].verify is None

    @pytest.mark.parametrize(
        "keys", ["{}", "{command: []}", "{command: ./smoke.sh}", "{command: [a], environment: [not-one]}", "[a]"]
    )
    def test_a_smoke_test_without_a_command_is_refused(self, keys: str) -> None:
        assert refused(target("verify", keys)).code in ("CONFIG_VALUE", "CONFIG_TYPE")

    def test_the_render_engine_writes_to_a_directory_of_the_target(self) -> None:
        assert read_settings(target("engine", "render"), FILE).targets[0].output == "rendered/blue"
        assert read_settings(target("output", "out/{name}/x"), FILE).targets[0].output == "out/blue/x"

    def test_the_folder_of_the_chart_is_watched_even_where_watch_leaves_it_out(self) -> None:
        assert read_settings(chart("path", "helm/app"), FILE).chart.watched == ("charts/**", "helm/app/**")

    def test_null_leaves_the_tag_format_to_python_semantic_release(self) -> None:
        assert read_settings(chart("tag_format", "null"), FILE).chart.tag_format is None

    def test_the_same_values_from_elsewhere_are_equal_and_hash_alike(self) -> None:
        here, there = read_settings("targets: {a: {env: x}}", FILE), read_settings("targets: {a: {env: x}}", "b.yaml")
        assert here.origins != there.origins
        assert here == there
        assert hash(here) == hash(there)
        assert asdict(here)["chart"]["mirrors"] == {}


class TestValues:
    @pytest.mark.parametrize(
        "value", ["/charts/app", "../app", "a/../b", '"a\\nb"', "-app", '""', ".git/hooks", "a/.GIT/b"]
    )
    def test_a_path_stays_inside_the_repository(self, value: str) -> None:
        error = refused(chart("path", value))
        assert (error.code, error.where) == ("CONFIG_VALUE", f"{FILE}:2:9")

    @pytest.mark.parametrize("value", ["./charts/app", "charts//app", "charts/app/", "charts/./app"])
    def test_a_path_is_written_as_git_writes_it(self, value: str) -> None:
        error = refused(chart("path", value))
        assert (error.code, error.where) == ("CONFIG_VALUE", f"{FILE}:2:9")
        assert "write 'charts/app'" in error.message

    @pytest.mark.parametrize("value", ["envs/*.yaml", "envs/[ab].yaml", "C:/values.yaml"])
    def test_a_values_file_is_one_file(self, value: str) -> None:
        error = refused(target("values", f"[a.yaml, '{value}']"))
        assert (error.code, error.where) == ("CONFIG_VALUE", f"{FILE}:3:22")

    @pytest.mark.parametrize(
        "value", ["/charts/**", "../**", "''", "'!charts/**'", "./charts/**", "charts//*", ".git/**"]
    )
    def test_a_glob_can_match_something_of_the_repository(self, value: str) -> None:
        error = refused(chart("watch", f"[{value}]"))
        assert (error.code, error.where) == ("CONFIG_VALUE", f"{FILE}:2:11")

    @pytest.mark.parametrize("value", ["charts/**", "charts/", "'**/*.yaml'", "-odd/**", "'[ab]*.md'", "'*'"])
    def test_globs_of_git_are_read(self, value: str) -> None:
        assert read_settings(chart("watch", f"[{value}]"), FILE).chart.watch == (value.strip("'"),)

    @pytest.mark.parametrize("key", ["client_name", "env"])
    @pytest.mark.parametrize("value", ["Prod", "-a", "a-", "a.b", "a_b", "é", '""', "a" * 64, '"a\\n"'])
    def test_parts_of_the_namespace_are_rfc_1123_labels(self, key: str, value: str) -> None:
        error = refused(text := target(key, value))
        assert (error.code, error.where) == ("CONFIG_VALUE", f"{FILE}:3:{column(text)}")

    def test_the_namespace_has_at_most_63_characters(self) -> None:
        assert read_settings(target("env", "e" * 54), FILE).targets[0].namespace == "jetscale-" + "e" * 54
        error = refused(target("env", "e" * 55))
        assert (error.code, error.where) == ("CONFIG_VALUE", f"{FILE}:2:3")

    def test_a_target_is_named_by_an_rfc_1123_label(self) -> None:
        error = refused("targets:\n  ok: {}\n  Blue_1: {env: b}\n")
        assert (error.code, error.where) == ("CONFIG_VALUE", f"{FILE}:3:3")

    @pytest.mark.parametrize("value", ["A", "a..b", "-a", "a" * 54, '""'])
    def test_a_release_name_is_what_helm_takes(self, value: str) -> None:
        error = refused(target("release", value))
        assert (error.code, error.where) == ("CONFIG_VALUE", f"{FILE}:3:14")

    def test_a_release_name_may_have_dots_and_53_characters(self) -> None:
        name = "a.b" + "c" * 50
        assert read_settings(target("release", name), FILE).targets[0].release == name

    @pytest.mark.parametrize(
        "value",
        [
            "v",
            "v{version}{version}",
            "{name}-{version}",
            "{version}.lock",
            "a..{version}",
            "a b{version}",
            "/v{version}",
            "-{version}",
            "v{version}/",
            ".v{version}",
            "a/.b{version}",
            "v^{version}",
            "v:{version}",
            "v{version}.",
            "",
        ],
    )
    def test_a_tag_format_names_a_tag_and_holds_one_version(self, value: str) -> None:
        error = refused(chart("tag_format", json.dumps(value)))
        assert (error.code, error.where) == ("CONFIG_VALUE", f"{FILE}:2:15")

    @pytest.mark.parametrize("value", ["{version}", "v{version}", "chart/v{version}", "app@{version}-x", "ü{version}"])
    def test_a_tag_format_may_be_any_valid_name(self, value: str) -> None:
        assert read_settings(chart("tag_format", json.dumps(value, ensure_ascii=False)), FILE).chart.tag_format == value

    @pytest.mark.parametrize(
        "value", ["oci://ghcr.io/a/b", "oci://127.0.0.1:5000", "file:///srv/charts", "/srv/charts", "./charts", "dist"]
    )
    def test_a_registry_is_oci_or_a_directory(self, value: str) -> None:
        assert read_settings(chart("registry", value), FILE).chart.registry == value

    @pytest.mark.parametrize(
        "value",
        [
            "oci://",
            "oci://ghcr.io/A",
            "oci://ghcr.io/a:1.0",
            "oci://ghcr.io/a/",
            "file://srv/charts",
            "file:///a/../b",
            "s3://bucket/charts",
            "ghcr.io/jetscale-ai/charts",
            "localhost:5000/charts",
            "-x",
            "''",
        ],
    )
    def test_anything_else_is_no_registry(self, value: str) -> None:
        error = refused(chart("registry", value))
        assert (error.code, error.where) == ("CONFIG_VALUE", f"{FILE}:2:13")

    @pytest.mark.parametrize("value", ["http://charts.example.com", "https://ghcr.io/charts"])
    def test_a_web_address_is_no_registry_and_the_error_says_what_to_write(self, value: str) -> None:
        error = refused(chart("registry", value))
        assert (error.code, error.where) == ("CONFIG_VALUE", f"{FILE}:2:13")
        assert "write oci://" in error.message

    @pytest.mark.parametrize("before", ["oci://", "https://", "file://", ""])
    def test_credentials_in_a_registry_are_refused_and_not_echoed(self, before: str) -> None:
        for text in (
            chart("registry", f"{before}me:hunter2@ghcr.io/charts"),
            chart("mirrors", f"{{'oci://a': '{before}me:hunter2@ghcr.io'}}"),
            chart("mirrors", f"{{'{before}me:hunter2@ghcr.io': dist}}"),
        ):
            error = refused(text)
            assert error.code == "CONFIG_VALUE"
            assert error.where.startswith(f"{FILE}:2:")
            assert "credentials" in error.message
            assert "hunter2" not in error.message + error.hint

    def test_a_repeated_mirror_is_not_echoed_either(self) -> None:
        error = refused("chart:\n  mirrors:\n    oci://me:hunter2@a: x\n    oci://me:hunter2@a: y\n")
        assert (error.code, error.where) == ("CONFIG_VALUE", f"{FILE}:3:5")
        assert f"{FILE}:4:5" in error.message
        assert "hunter2" not in error.message + error.hint

    def test_a_mirror_can_replace_the_chart_repository_of_a_dependency(self) -> None:
        text = chart("mirrors", "{'https://charts.example.com/x': ./vendored, 'oci://ghcr.io': 'oci://127.0.0.1:5000'}")
        assert read_settings(text, FILE).chart.mirrors["https://charts.example.com/x"] == "./vendored"

    @pytest.mark.parametrize("value", ["'1.0'", "v1.0.0", "1.0.0-rc.1", "1.0.0+build", "01.0.0", f"{2**64}.0.0"])
    def test_the_first_version_is_a_plain_version(self, value: str) -> None:
        error = refused(chart("first_version", value))
        assert (error.code, error.where) == ("CONFIG_VALUE", f"{FILE}:2:18")

    @pytest.mark.parametrize(
        "value", ["console.jetscale.ai", "ftp://x", "https://", "'https://a b'", "https://me:hunter2@x"]
    )
    def test_an_address_is_one_of_the_web_without_credentials(self, value: str) -> None:
        error = refused(target("url", value))
        assert (error.code, error.where) == ("CONFIG_VALUE", f"{FILE}:3:10")
        assert "hunter2" not in error.message

    @pytest.mark.parametrize("value", ["20", "1.5", "0o17"])
    def test_a_number_without_a_unit_is_not_a_duration(self, value: str) -> None:
        error = refused(target("timeout", value))
        assert (error.code, error.where) == ("CONFIG_TYPE", f"{FILE}:3:14")
        assert error.hint == "write 90s, 20m or 1h"

    @pytest.mark.parametrize("value", ["20 m", "1:30", "m", "-5m", "0s", "25h", "'20'", "٢m", "1d", "9" * 5000 + "s"])
    def test_a_duration_is_between_a_second_and_a_day(self, value: str) -> None:
        error = refused(target("timeout", value))
        assert (error.code, error.where) == ("CONFIG_VALUE", f"{FILE}:3:14")

    def test_an_engine_is_one_that_exists(self) -> None:
        error = refused(target("engine", "agrocd"))
        assert (error.code, error.where) == ("CONFIG_VALUE", f"{FILE}:3:13")
        assert error.hint == "did you mean argocd?"


class TestTargetsTogether:
    def test_only_live_is_production_unless_another_target_sets_env(self) -> None:
        live, blue = read_settings("targets: {live: {}, blue: {}}", FILE).targets
        assert (live.namespace, live.values, live.watch) == (
            "jetscale-prod",
            ("envs/live/values.yaml",),
            ("envs/live/**",),
        )
        assert (blue.namespace, blue.values, blue.watch) == (
            "jetscale-blue",
            ("envs/blue/values.yaml",),
            ("envs/blue/**",),
        )

    def test_no_secret_is_demanded_that_nobody_wrote_down(self) -> None:
        (live,) = default_settings().targets
        assert (live.required_secrets, live.required_external_secrets) == ((), ())

    def test_a_namespace_that_is_written_is_the_namespace(self) -> None:
        text = "targets:\n  a: {namespace: console, client_name: acme, env: prod}\n  b: {namespace: ''}\n"
        a, b = read_settings(text, FILE).targets
        assert (a.namespace, a.client_name, a.env) == ("console", "acme", "prod")
        assert (b.namespace, b.client_name, b.env) == ("jetscale-b", None, None)

    @pytest.mark.parametrize("value", ["Prod", "a.b", "a" * 64, "'{env}'"])
    def test_a_namespace_is_an_rfc_1123_label(self, value: str) -> None:
        assert refused(target("namespace", value)).code == "CONFIG_VALUE"

    def test_two_targets_must_not_be_the_same_release(self) -> None:
        error = refused("targets:\n  a: {env: prod}\n  b: {env: prod, engine: argocd}\n")
        assert (error.code, error.where) == ("CONFIG_VALUE", f"{FILE}:3:3")
        assert error.message == "targets.b: is the same release jetscale-stack in jetscale-prod as target 'a'"

    def test_on_the_render_engine_only_the_directory_counts(self) -> None:
        both = "targets:\n  a: {engine: render%s}\n  b: {engine: render%s}\n"
        assert len(read_settings(both % ("", ""), FILE).targets) == 2
        for first, second in (("out", "out"), ("out", "out/b"), ("out/a", "out")):
            error = refused(both % (f", output: {first}", f", output: {second}"))
            assert (error.code, error.where) == ("CONFIG_VALUE", f"{FILE}:3:3")
        assert len(read_settings(both % (", output: out/a", ", output: out/ab"), FILE).targets) == 2

    def test_at_least_one_target_is_needed(self) -> None:
        error = refused("targets: {}\n")
        assert (error.code, error.where) == ("CONFIG_VALUE", f"{FILE}:1:10")

    def test_settings_created_in_python_obey_the_same_rules(self) -> None:
        with pytest.raises(ValueError, match=r"^client_name: 'Bad' is not an RFC 1123 label"):
            Target(name="a", client_name="Bad")
        with pytest.raises(ValueError, match=r"^targets: must have at least one"):
            Settings(targets=())
        with pytest.raises(ValueError, match=r"^targets\.a: two targets are named 'a'"):
            Settings(targets=(Target(name="a"), Target(name="a", env="b")))
        with pytest.raises(ValueError, match=r"^mirrors: must not contain credentials"):
            ChartSettings(mirrors={"oci://a": "oci://u:p@b"})


class TestTypes:
    @pytest.mark.parametrize(
        ("text", "value"),
        [(target("env", "no"), "no"), (target("release", "1.0"), "1.0"), (target("env", "y"), "y")],
    )
    def test_text_that_yaml_reads_as_something_else_must_be_quoted(self, text: str, value: str) -> None:
        error = refused(text)
        assert (error.code, error.where) == ("CONFIG_TYPE", f"{FILE}:3:{column(text)}")
        assert error.hint == f'quote it: "{value}"'

    @pytest.mark.parametrize(
        ("text", "where"),
        [
            ("- a\n", "1:1"),
            ("text\n", "1:1"),
            ("chart:\n", "1:7"),
            ("chart: []\n", "1:8"),
            ("targets: [live]\n", "1:10"),
            ("targets:\n  live:\n", "2:8"),
            ("chart:\n  watch: charts/**\n", "2:10"),
            ("chart:\n  watch: [[a]]\n", "2:11"),
            ("chart:\n  path: {a: b}\n", "2:9"),
            ("chart:\n  path: ~\n", "2:9"),
            ("chart:\n  mirrors: []\n", "2:12"),
            ("chart:\n  mirrors: {a: [b]}\n", "2:16"),
            ("targets:\n  live:\n    timeout: [20m]\n", "3:14"),
            ("targets:\n  live:\n    engine: true\n", "3:13"),
            ("no: 1\n", "1:1"),
            ("? [a]\n: 1\n", "1:3"),
            ("<<: {chart: {}}\n", "1:1"),
        ],
    )
    def test_a_value_of_another_type_is_refused_with_its_location(self, text: str, where: str) -> None:
        error = refused(text)
        assert (error.code, error.where) == ("CONFIG_TYPE", f"{FILE}:{where}")


class TestKeys:
    def test_an_unknown_key_gets_the_most_similar_one_as_a_hint(self) -> None:
        error = refused("chart:\n  path: a\n  regsitry: b\n")
        assert (error.code, error.where) == ("CONFIG_UNKNOWN_KEY", f"{FILE}:3:3")
        assert error.hint == "did you mean registry?"

    def test_an_unknown_key_without_a_similar_one_gets_all_of_them_as_a_hint(self) -> None:
        error = refused("zzz: 1\n")
        assert (error.code, error.where) == ("CONFIG_UNKNOWN_KEY", f"{FILE}:1:1")
        assert error.hint == "allowed: chart, release, targets, parity"

    @pytest.mark.parametrize("key", ["requires", "name"])
    def test_a_key_that_is_not_built_yet_is_unknown(self, key: str) -> None:
        error = refused(target(key, "x"))
        assert (error.code, error.where) == ("CONFIG_UNKNOWN_KEY", f"{FILE}:3:5")

    @pytest.mark.parametrize(
        ("text", "where"),
        [
            ("chart: {}\nchart: {}\n", "2:1"),
            ("targets:\n  a: {}\n  b: {env: b}\n  a: {}\n", "4:3"),
            (target("env", "a\n    env: a"), "4:5"),
        ],
    )
    def test_a_key_is_written_once(self, text: str, where: str) -> None:
        error = refused(text)
        assert (error.code, error.where) == ("CONFIG_DUPLICATE_KEY", f"{FILE}:{where}")


class TestSeveralProblems:
    def test_all_of_them_are_listed_in_the_order_of_the_file(self) -> None:
        error = refused("targets:\n  live:\n    timeout: 90\n    engnie: helm\nchart:\n  path: /x\nzzz: 1\n")
        assert (error.code, error.where) == ("CONFIG_TYPE", f"{FILE}:3:14")
        first, *lines = error.message.splitlines()
        assert first == "4 problems"
        places = ("3:14", "4:5", "6:9", "7:1")
        assert [line.partition(" ")[0] for line in lines] == [f"{FILE}:{place}:" for place in places]
        assert lines[0].endswith("targets.live.timeout: '90' has no unit (write 90s, 20m or 1h)")
        assert lines[1].endswith("(did you mean engine?)")

    def test_a_wrong_value_brings_no_second_error_about_what_depends_on_it(self) -> None:
        error = refused("targets:\n  a: {}\n  b: {env: B}\n")
        assert (error.code, error.where) == ("CONFIG_VALUE", f"{FILE}:3:12")
        assert "\n" not in error.message

    def test_problems_are_only_counted_after_twenty(self) -> None:
        error = refused("".join(f"k{number}: 1\n" for number in range(1000)))
        assert (error.code, error.where) == ("CONFIG_UNKNOWN_KEY", f"{FILE}:1:1")
        assert len(error.message.splitlines()) == 22
        assert error.message.endswith("\nand 980 more")


class TestUntrustedText:
    """No test here takes time with a clock: that the first mark is the place shows that nothing after it was read."""

    def test_an_alias_bomb_is_refused_at_its_first_anchor(self) -> None:
        bomb = "a: &a [x, x]\n" + "".join(
            f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
        )
        error = refused(bomb)
        assert (error.code, error.where) == ("CONFIG_YAML", f"{FILE}:1:4")

    def test_an_alias_is_refused(self) -> None:
        error = refused("chart:\n  path: *x\n")
        assert (error.code, error.where) == ("CONFIG_YAML", f"{FILE}:2:9")

    def test_a_glob_that_yaml_takes_for_an_alias_must_be_quoted(self) -> None:
        error = refused("chart:\n  watch: [**/*.yaml]\n")
        assert (error.code, error.where) == ("CONFIG_YAML", f"{FILE}:2:12")
        assert "quote text that begins with '*'" in error.hint

    @pytest.mark.parametrize("value", ["!!str no", "!secret x", "!!python/object/apply:os.system [id]", "! x"])
    def test_a_tag_is_refused(self, value: str) -> None:
        error = refused(chart("path", value))
        assert (error.code, error.where) == ("CONFIG_YAML", f"{FILE}:2:9")

    def test_a_file_over_a_mebibyte_is_refused_unread(self) -> None:
        error = refused("[" * 20_000_000)
        assert (error.code, error.where) == ("CONFIG_YAML", FILE)
        assert str(MAX_FILE_CHARS) in error.message

    @pytest.mark.parametrize(("opening", "column"), [("[", 17), ("{a: ", 65), ("- ", 33)])
    def test_deep_nesting_is_refused_where_it_becomes_too_deep(self, opening: str, column: int) -> None:
        error = refused(opening * 200_000)
        assert (error.code, error.where) == ("CONFIG_YAML", f"{FILE}:1:{column}")

    def test_a_second_document_is_refused(self) -> None:
        error = refused("chart: {}\n---\nchart: {}\n")
        assert (error.code, error.where) == ("CONFIG_YAML", f"{FILE}:2:1")

    @pytest.mark.parametrize(
        ("text", "where"), [("a: b: c\n", "1:5"), ("chart:\n\tpath: a\n", "2:1"), ("a: 'x\n", "2:1")]
    )
    def test_broken_yaml_is_refused_where_it_breaks(self, text: str, where: str) -> None:
        error = refused(text)
        assert (error.code, error.where) == ("CONFIG_YAML", f"{FILE}:{where}")

    @pytest.mark.parametrize("character", ["\x00", "\x1b", "\ud800", "\ufffe"])
    def test_a_character_that_no_yaml_may_hold_is_refused(self, character: str) -> None:
        error = refused(f"chart:\n  path: a{character}\n")
        assert (error.code, error.where) == ("CONFIG_YAML", f"{FILE}:2:10")

    @given(st.text(st.characters(exclude_categories=[]) | st.sampled_from("[]{}:,-?&*!|>'\"\n #"), max_size=60))
    def test_any_text_gives_settings_or_an_error_with_a_location(self, text: str) -> None:
        error = None
        try:
            read_settings(text, FILE)
        except ConfigurationError as caught:
            error = caught
        assert error is None or (error.code.startswith("CONFIG_") and error.where.startswith(FILE))
