"""Credentials are masked wherever they are; ordinary names never."""

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from jetscale_cicd.model.credential import credentials_in, credentials_of, issued_in
from jetscale_cicd.model.shown import may_be_paths, may_be_shown, quoted, shown
from tests.support.ordinary_names import KUBECONFIGS, ORDINARY, REMOTES, WORDS

NAMES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).flatmap(
    lambda words: st.sampled_from("-_./").map(lambda separator: separator.join(words))
)
BASE62 = st.text(string.ascii_letters + string.digits, min_size=40, max_size=40)
PREFIXES = [
    "ghp_",
    "ghs_",
    "gho_",
    "github_pat_11ABCDEFG0_",
    "npm_",
    "pypi-AgEIcHlwaS5vcmc",
    "dckr_pat_",
    "xoxb-1",
    "hvs.",
]
ISSUED = [
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "glpat-abcdefghij0123456789",
    "glpat-Zx9Qw7_kP3vT-8mYs2Lq",
    "glrt-t1_Zx9Qw7kP3vT8mYs2Lqa",
    "AKIAIOSFODNN7EXAMPLE",
    "xoxb-123456789012-a",
    "sk-proj-Zx9Qw7kP3vT8mYs2Lqa4Rb6Nc1Wd5",
    "eyJhbGciOiJSUzI1NiIsImtpZCI6Ik.eyJpc3MiOiJrdWJlcm5ldGVzL3Nlcn.WRvVfhd7Zq",
]


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_name_is_shown_and_masked_nowhere(name: str) -> None:
    assert (shown(name), credentials_of(name), credentials_in(name)) == (name, (), ())
    assert "a value of" not in quoted(name)


@given(NAMES, st.sampled_from(["", "oci://ghcr.example/", "charts/", "feat/", "https://acme@dev.azure.com/"]))
def test_no_name_of_words_is_masked_anywhere_or_hidden(name: str, before: str) -> None:
    assume("glpat-" not in name)  # no word, and so a token of GitLab's whatever follows
    assert (credentials_of(before + name), credentials_in(before + name)) == ((), ())
    # One of 40 characters and more, with capital letters and digits, may be described in place of being shown.
    assert may_be_shown(before + name) or (len(name) >= 40 and name != name.lower())


@pytest.mark.parametrize("user", ["jetscale", "deploy", "remote", "release", "git", "hunter2", "azure-pipelines-2024"])
@pytest.mark.parametrize("address", ["https://{}@host/a/b", "ssh://{}@host:29418/a", "{}@host:a/b"])
def test_a_user_in_an_address_is_a_name(user: str, address: str) -> None:
    assert credentials_in(address.format(user)) == ()


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("https://acme:hunter2@dev.azure.com/a", ("hunter2",)),
        (f"https://{'7kq2zx9w4m' * 5}22@dev.azure.com/a", ("7kq2zx9w4m" * 5 + "22",)),
        (f"https://{ISSUED[0]}:x-oauth-basic@github.com/a/b", (ISSUED[0],)),
        (f"https://host/{ISSUED[0]}:x@/a.git", (ISSUED[0],)),
        ("https://host/a?ref=release&path=charts", ()),
        ("https://host/a?access_token=hunter2&ref=release", ("hunter2",)),
        ("https://host/a?X-Amz-Signature=0f3a9c1e&X-Amz-Date=20240101&sig=abcdefgh", ("0f3a9c1e", "abcdefgh")),
    ],
)
def test_passwords_tokens_and_named_values_are_what_an_address_gives_away(address: str, found: tuple[str, ...]) -> None:
    assert credentials_in(address) == found


@pytest.mark.parametrize("token", ISSUED)
@pytest.mark.parametrize("around", ["{}", "oci://ghcr.io/{}/charts", "/{}", "--opt={}", "a {}, b", "https://{}@host/a"])
def test_an_issued_token_is_found_wherever_it_is_and_nothing_around_it(token: str, around: str) -> None:
    assert issued_in(around.format(token)) == credentials_of(around.format(token)) == (token,)
    assert not may_be_shown(around.format(token))


@given(BASE62, st.sampled_from(PREFIXES))
def test_a_random_token_behind_its_prefix_is_a_credential(tail: str, prefix: str) -> None:
    assert prefix + tail in credentials_of(f"charts/{prefix}{tail}/app")[0]


@pytest.mark.parametrize(
    "content",
    [
        "-----BEGIN KEY-----\nMIIEvAIBADANBg\n-----END KEY-----",
        "users:\n- name: a\n  user: {token: hunter2-hunter2}\n",
        '{"users": [{"user": {"token": "hunter2-hunter2"}}]}',
        "kind: Config " * 30 + "token: hunter2-hunter2",
    ],
)
def test_the_content_of_a_file_of_credentials_is_one(content: str) -> None:
    assert credentials_of(content) == (content,)


@pytest.mark.parametrize("text", ["wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "password=hunter2", "a\nb", "é\udce9"])
def test_what_is_only_suspicious_is_hidden_where_it_is_and_masked_nowhere_else(text: str) -> None:
    assert not may_be_shown(text)
    assert credentials_of(text) == ()


@pytest.mark.parametrize("paths", KUBECONFIGS)
def test_a_list_of_paths_is_judged_path_by_path(paths: str) -> None:
    assert may_be_paths(paths, ":")


@pytest.mark.parametrize(
    "text",
    [
        "token:hunter2",
        "https://bob:hunter22@host.example/x",
        "apiVersion: v1 server: https://host user: {token: hunter2}",
        "{token: a/b, server: c/d}",
        "/home/ci/.kube/config:ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "/home/ci/.kube/config:/ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    ],
)
def test_a_content_is_no_list_of_paths(text: str) -> None:
    assert not may_be_paths(text, ":")


def test_remotes_give_nothing_away() -> None:
    assert [credentials_in(f"url.{remote}.insteadof") for remote in REMOTES] == [()] * len(REMOTES)
