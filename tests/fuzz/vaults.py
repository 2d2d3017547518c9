"""What vaults answer, and the values in them."""

import json
import os
from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any
from unittest import mock

from jetscale_cicd.decide.contract.vault_values import vault_findings
from jetscale_cicd.model.vault import VaultAnswer
from jetscale_cicd.tools.vault.aws import AwsVault
from jetscale_cicd.tools.vault.aws_answer import content_of, description_of
from jetscale_cicd.tools.vault.content import examine
from tests.fuzz.boundary import REDACT, Boundary

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
    content_of(content, KEYS, ())
    description_of(content)
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


BOUNDARIES = {
    "vault value": Boundary(value, VALUES, pack="json"),
    "AWS answer": Boundary(aws_answer, AWS_ANSWERS, pack="json"),
}
