"""What vaults answer, and the values in them."""

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from jetscale_cicd.decide.contract.vault_values import vault_findings
from jetscale_cicd.model.vault import VaultAnswer, VaultName
from jetscale_cicd.tools.http import HttpAnswer
from jetscale_cicd.tools.vault import aws_answer as of_aws
from jetscale_cicd.tools.vault import hashicorp_answer as of_vault
from jetscale_cicd.tools.vault.aws import AwsVault
from jetscale_cicd.tools.vault.content import examine
from jetscale_cicd.tools.vault.hashicorp_settings import TOKEN_FILE, vault_settings
from tests.fuzz.boundary import REDACT, Boundary, of_file, replaced

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-AbCdEf"
KEYS = ("REGION_KEY", "ROLE_KEY")
VALUES: list[Any] = [
    {"REGION_KEY": "a", "ROLE_KEY": ""},
    {"region-key": "a", "ROLE_KEY": None, "x": {"a": [1, 2.5]}},
    ["a"],
    "text",
]
AWS_ANSWERS: list[Any] = [
    {
        "ARN": ARN,
        "Name": "a",
        "VersionStages": ["AWSCURRENT"],
        "SecretString": '{"REGION_KEY": "a"}',
        "CreatedDate": 1.5,
    },
    {"ARN": ARN, "SecretBinary": "YQ=="},
    {"ARN": ARN, "VersionIdsToStages": {"1": ["AWSCURRENT"], "2": ["AWSPREVIOUS"]}, "DeletedDate": None},
    {"ARN": ARN, "VersionIdsToStages": {}, "DeletedDate": 1798375192.1},
    {"__type": "AccessDeniedException", "Message": "User: arn is not authorized to perform: x on resource: y"},
    {"__type": "com.amazonaws.secretsmanager#ResourceNotFoundException", "message": "can't find the staging label"},
    {"__type": "InvalidRequestException", "message": "it was marked for deletion"},
]
VERSION = {"deletion_time": "2026-01-31T12:00:00.1Z", "destroyed": False, "version": 3}
HASHICORP_ANSWERS: list[Any] = [
    {"data": {"path": "secret/", "type": "kv", "options": {"version": "1"}}},
    {"data": {"data": {"REGION_KEY": "a", "ROLE_KEY": ""}, "metadata": VERSION}},
    {"data": {"data": None, "metadata": VERSION}},
    {"data": {"current_version": 3, "versions": {"3": VERSION}}},
    {"errors": ["1 error occurred:\n\t* permission denied\n\n"]},
]
ADDRESSES = [b"https://vault.example.com:8200/", b"http://[::1]:8200", b"https://u:p@v?a#b", b"team/a/"]
TOKENS = [b"hvs.KtAXGVLZJjdFYKih54fyNDef\n", b"s.abc"]


def checked(answer: VaultAnswer) -> None:
    """What is told of an answer can be shown, whatever it was."""
    for each in vault_findings([answer]):
        json.dumps([each.code, each.message, each.hint]).encode()


def value(content: bytes) -> None:
    """What a person wrote into a vault."""
    examine(content, KEYS, ())
    examine(content.decode("utf-8", "surrogateescape"), KEYS, ())


def aws_answer(content: bytes) -> None:
    """What came from the address of AWS, through botocore."""
    of_aws.content_of(content, KEYS, ())
    of_aws.description_of(content)
    for status in (200, 400):
        for describe in (True, False):
            checked(_answering(status, content, describe).check("a", KEYS, ()))


def _answering(status: int, content: bytes, describe: bool) -> AwsVault:
    """A vault whose every answer is this one."""
    from botocore.awsrequest import AWSResponse

    class Body:
        def stream(self, *_: object, **__: object) -> Iterator[bytes]:
            yield content

        def close(self) -> None:
            """Nothing is open."""

    client = _client()
    answer = lambda request: AWSResponse(request.url, status, {"x-amzn-requestid": "1"}, Body())  # noqa: E731
    client._client._endpoint.http_session = SimpleNamespace(send=answer, close=lambda: None)
    vault = AwsVault(redact=REDACT, region="eu-west-1", describe=describe)
    vault._clients["eu-west-1"] = client
    return vault


@cache
def _client() -> Any:
    from jetscale_cicd.tools.vault.aws_client import SecretsManager

    login = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_CONFIG_FILE": os.devnull}
    with mock.patch.dict(os.environ, login):
        return SecretsManager("eu-west-1")


def hashicorp_answer(content: bytes) -> None:
    """What came from the address of a HashiCorp Vault, of its engine, too."""
    for status in (200, 400, 403, 404, 429, 503):
        answer = HttpAnswer(status, {}, content)
        of_vault.mount_of(answer)
        found = [
            of_vault.absence_of(answer),
            of_vault.description_of(answer, "2026-01-31T12:00:00"),
            of_vault.refusal_of(answer, REDACT),
            of_vault.content_of(answer, of_vault.Mount(path="secret/", is_second=True), KEYS, ()),
            of_vault.content_of(answer, of_vault.Mount(path="secret/", is_second=False), KEYS, ()),
        ]
        for each in found:
            checked(each.answer(VaultName.HASHICORP, "https://v", "secret/app"))


def hashicorp_environment(content: bytes) -> None:
    """What the variables of Vault's own client hold."""
    words = replaced(content)
    names = ("VAULT_ADDR", "VAULT_NAMESPACE", "VAULT_TOKEN", "VAULT_CACERT_BYTES", "VAULT_SKIP_VERIFY")
    for name in names:
        vault_settings({"VAULT_ADDR": "https://v", "VAULT_TOKEN": "hvs.token", name: words})


def token_file(file: Path) -> None:
    vault_settings({"VAULT_ADDR": "https://v", "HOME": str(file.parent)})


BOUNDARIES = {
    "vault value": Boundary(value, VALUES, pack="json"),
    "AWS answer": Boundary(aws_answer, AWS_ANSWERS, pack="json"),
    "HashiCorp answer": Boundary(hashicorp_answer, HASHICORP_ANSWERS, pack="json"),
    "HashiCorp environment": Boundary(hashicorp_environment, ADDRESSES, (), (b"://", b"[", b"]", b"@", b":", b"/")),
    "vault token": Boundary(of_file(token_file, TOKEN_FILE), TOKENS, (), (b"\n", b"hvs.")),
}
