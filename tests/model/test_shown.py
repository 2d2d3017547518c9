"""A path, a name or an address is shown; a content or a credential in its place is described."""

import base64

import pytest

from jetscale_cicd.model.credential import credentials_in
from jetscale_cicd.model.shown import may_be_shown, quoted, shown, shown_address

KUBECONFIG = "apiVersion: v1\nkind: Config\nusers:\n- name: a\n  user: {token: hunter2-hunter2}\n"
KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvAIBADANBgkqhkiG9w0BAQ\n-----END PRIVATE KEY-----\n"
JWT = "eyJhbGciOiJSUzI1NiIsImtpZCI6Ik.eyJpc3MiOiJrdWJlcm5ldGVzL3Nlcn.WRvVfhd7Zq"

SHOWN = [
    *(
        "envs/live/values.yaml",
        "/home/user/.kube/config",
        "~/.kube/config",
        ".",
        "/",
        "a file of mine.yaml",
        "é/日本.yaml",
    ),
    "/tmp/pytest-of-root/pytest-12/popen-gw0/test_a_configuration_that_is_no_file_CONFIG0/stack/.stage6.yaml",
    "/builds/0f3a9c1e7d5b2468ace013579bdf02468ace1357/kubeconfig",
    "/home/runner/work/_temp/_runner_file_commands/set_output_1b9d6bcd-bbfd-4b2d-9b5d-ab8dfd4bed1d",
    "/nix/store/s66mzxpvicwk07gjbjfw9izjfa797vsw-hello-2.12.1/bin/helm",
    "C:\\Users\\me\\kubeconfig",
    *(
        "main",
        "release/*",
        "v1.2.3",
        "HEAD~1",
        "0f3a9c1",
        "0f3a9c1e7d5b2468ace013579bdf02468ace1357",
        "feature/JIRA-1234-a-longer-name-of-a-branch-of-mine",
    ),
    *("oci://ghcr.io/jetscale-ai/charts", "https://console.jetscale.ai/path", "osxkeychain", "ecr-login"),
    "arn:aws:eks:eu-central-1:123456789012:cluster/live",
    "Name of Somebody <somebody@example.invalid>",
    "backend-api.auth.tokenSecretName",
]
HIDDEN = [
    *(KUBECONFIG, KEY, JWT, KUBECONFIG.replace("\n", " "), "{apiVersion: v1, users: [{name: a}]}", '{"auths": {}}'),
    base64.b64encode(KUBECONFIG.encode()).decode(),
    base64.b64encode(bytes(range(64))).decode(),
    base64.urlsafe_b64encode(bytes(range(180, 256))).decode(),
    *(
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "glpat-abcdefghij0123456789",
        "AKIAIOSFODNN7EXAMPLE",
        "xoxb-123456789012-a",
    ),
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "0f3a9c1e7d5b2468ace013579bdf0246",
    *("password=hunter2", "token: hunter2", "DB_PASSWORD: hunter2", "a\nb", "a\x1b[2J", "x" * 301, "\0"),
]


@pytest.mark.parametrize("text", SHOWN)
def test_what_can_be_a_path_or_a_name_is_shown(text: str) -> None:
    assert shown(text) == text


@pytest.mark.parametrize("text", HIDDEN)
def test_what_looks_like_a_content_or_a_credential_is_described(text: str) -> None:
    assert not may_be_shown(text)
    assert shown(text).startswith(f"a value of {len(text):,} characters")


def test_a_description_says_how_many_lines() -> None:
    assert shown("a\nb\nc") == "a value of 5 characters in 3 lines"


def test_a_quotation_is_escaped_and_short_and_no_secret() -> None:
    assert quoted("a\nb") == "'a\\nb'"
    assert quoted("a b " * 30) == repr(("a b " * 30)[:60] + "…")
    assert quoted("ghp_16C7e42F292c6912E7710c838347Ae178B4a") == "a value of 40 characters"


@pytest.mark.parametrize(
    ("address", "expected", "credentials"),
    [
        ("https://github.com/a/b.git", "https://github.com/a/b.git", ()),
        ("git@github.com:a/b.git", "git@github.com:a/b.git", ()),
        ("ssh://git@github.com/a/b.git", "ssh://***@github.com/a/b.git", ()),
        ("https://me:hunter2@host/a", "https://***@host/a", ("hunter2",)),
        ("https://x-access-token:hunter2@host/a", "https://***@host/a", ("hunter2",)),
        ("https://hunter2@host/a", "https://***@host/a", ()),
        ("https://host/a?private_token=hunter2&x=1", "https://host/a?***", ("hunter2",)),
        ("https://host/a#hunter2", "https://host/a?***", ()),
        ("me:hunter2@host:a/b", "***@host:a/b", ("hunter2",)),
        (
            "ghp_16C7e42F292c6912E7710c838347Ae178B4a@host:a/b",
            "***@host:a/b",
            ("ghp_16C7e42F292c6912E7710c838347Ae178B4a",),
        ),
        ("../remote.git", "../remote.git", ()),
        ("https://me:p@ss@host/a", "https://***@host/a", ("p@ss",)),
    ],
)
def test_an_address_has_no_credentials(address: str, expected: str, credentials: tuple[str, ...]) -> None:
    assert (shown_address(address), credentials_in(address)) == (expected, credentials)
