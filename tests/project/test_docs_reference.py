"""The reference is complete: every error code and every environment variable of the source, and none beside them."""

import ast
import re

from jetscale_cicd.config.reader import read_settings
from jetscale_cicd.decide.cluster.fault_codes import FaultCode
from scripts.docs.blocks import DOCS, DOCUMENTS
from scripts.docs.codes import CODE, all_codes
from scripts.docs.environment import all_variables
from scripts.docs.meanings import MEANINGS
from scripts.docs.source import PROJECT, read_package
from scripts.docs.tables import error_classes

IN_CAPITALS = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
# Variables that a library or another program reads, not this package.
READ_ELSEWHERE = {"SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "HELM_DRIVER"} | {
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "LC_ALL",
    "LC_CTYPE",
    "LANG",
    "PYTHONUTF8",
}
# Parts of the names of variables whose values are masked.
PARTS_OF_NAMES = {"AUTH_CONFIG"}
# Error codes of registries, and a constant of the time module.
OTHER_CONSTANTS = {"MANIFEST_UNKNOWN", "NAME_UNKNOWN", "NOT_FOUND", "CLOCK_BOOTTIME", "F_SETPIPE_SZ"}


def read(name: str) -> str:
    return (DOCS / name).read_text()


def codes_in(text: str) -> set[str]:
    return set(re.findall(r"`([A-Z][A-Z0-9_]+)`", text))


# --- error codes --------------------------------------------------------------------------------------------------


def test_every_class_of_errors_has_an_exit_status_of_its_own() -> None:
    statuses = [each.exit_status for each in error_classes()]
    assert len(set(statuses)) == len(statuses)
    assert 10 not in statuses  # plan --detailed-exitcode


def test_the_scan_sees_the_errors_of_the_package() -> None:
    assert len(all_codes()) > 130
    # One of each way to make one: a class, a helper, a method, a constant, a record, a fault, a fallback.
    ways = ("TAG_TAKEN", "PROBE_ADDRESS", "CONFIG_TYPE", "HELD", "HOOK_FAILED", "IMAGE_PULL", "PODS_NOT_CREATED")
    assert set(ways) <= set(all_codes())


def test_a_code_belongs_to_one_class() -> None:
    assert {name: code.classes for name, code in all_codes().items() if len(code.classes) != 1} == {}
    assert [code for code in all_codes() if not code.replace("_", "").isalpha()] == []


def test_no_constant_of_the_source_that_reads_like_a_code_is_left_out() -> None:
    """So that a code which is made in a new way cannot be missed: it is a code, a variable, or named above."""
    constants = {
        node.value
        for module in read_package()
        for node in module.nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and IN_CAPITALS.fullmatch(node.value)
    }
    codes = set(all_codes())
    assert {code for code in codes if IN_CAPITALS.fullmatch(code)} <= constants
    documented = codes_in(read("environment.md"))
    assert constants - codes - documented - OTHER_CONSTANTS == set()


def test_the_page_of_codes_has_each_code_under_the_exit_status_of_its_class() -> None:
    status, found = 0, {}
    for line in read("errors.md").splitlines():
        if heading := re.match(r"## Exit (\d+): ", line):
            status = int(heading[1])
        elif code := re.fullmatch(r"### `([A-Z0-9_]+)`", line):
            found[code[1]] = status
    assert found == {name: code.exit_status for name, code in all_codes().items()}


def test_a_code_without_a_message_of_its_own_has_a_meaning() -> None:
    assert {name for name, code in all_codes().items() if not code.messages} - set(MEANINGS) == set()
    assert set(MEANINGS) - set(all_codes()) == set()


def test_the_list_of_diagnoses_has_each_of_them() -> None:
    listed = read("deploy.md").partition("<!-- diagnoses -->\n\n")[2].partition("\n\n")[0]
    assert codes_in(listed) == set(map(str, FaultCode))
    assert {all_codes()[code].exit_status for code in FaultCode} == {5}


def test_every_code_of_the_troubleshooting_page_exists_with_that_exit_status() -> None:
    found = re.findall(r"((?:`[A-Z][A-Z0-9_]+`(?:, )?)+) \((exit \d+|warnings)\)", read("troubleshooting.md"))
    assert len(found) > 50
    wrong = [
        code
        for codes, exits in found
        for code in codes_in(codes)
        if exits != "warnings" and all_codes()[code].exit_status != int(exits.split()[1])
    ]
    assert wrong == []


def test_every_name_in_capitals_that_a_document_names_exists() -> None:
    named = {name for file in DOCUMENTS for name in codes_in(file.read_text()) if IN_CAPITALS.fullmatch(name)}
    assert named - set(all_codes()) - all_variables() - READ_ELSEWHERE - PARTS_OF_NAMES - keys_of_contracts() == set()


def keys_of_contracts() -> set[str]:
    """What the values of our own targets have to have."""
    settings = read_settings((PROJECT / ".stage6.yaml").read_text(), ".stage6.yaml")
    contracts = [target.contract for target in settings.targets]
    return {key for each in contracts for keys in (*each.secrets.values(), *each.aws_secrets.values()) for key in keys}


# --- environment variables ----------------------------------------------------------------------------------------


def test_every_variable_that_the_source_names_is_documented_and_no_other() -> None:
    page, _, masked = read("environment.md").partition("## Masked values")
    documented = codes_in(page) | codes_in(masked.partition("\n## ")[2]) | set(re.findall(r"`([A-Z_]+)=\w+`", page))
    beside = {"HELM_", "KUBE"}  # beginnings of names
    assert documented - set(all_codes()) - all_variables() - READ_ELSEWHERE - beside == set()
    assert all_variables() - documented == set()


def test_a_variable_is_told_from_a_code() -> None:
    assert all(CODE.fullmatch(name) for name in all_variables())
    assert {"CI", "KUBECONFIG", "NO_COLOR", "STAGE6_REGISTRY_PASSWORD", "GITHUB_RUN_ID"} <= all_variables()
    assert not {"TAG_TAKEN", "MANIFEST_UNKNOWN", "GIT_FAILED", "GIT_ENVIRONMENT"} & all_variables()
