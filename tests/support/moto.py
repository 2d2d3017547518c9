"""AWS Secrets Manager on loopback: moto's server, in a process of its own."""

import contextlib
import json
import os
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.support.control_plane import Starter, free_ports, wait_for

REGION = "eu-west-1"
# moto counts the calls that it lets pass before it asks IAM.
_ALL, _NONE = b"inf", b"0"


@dataclass(frozen=True)
class Login:
    """An access key of AWS."""

    access_key: str
    secret_key: str


# Somebody who may do everything, as long as nothing is enforced.
ANYBODY = Login("AKIAIOSFODNN7EXAMPLE", "anything")


@dataclass(frozen=True)
class Moto:
    """A server that stands for AWS.

    Args:
        url: ``http://127.0.0.1:…``, for every service.
    """

    url: str

    @property
    def env(self) -> dict[str, str]:
        """What a program is told, so that it asks this server and no other."""
        return {
            "AWS_SECRETSMANAGER_ENDPOINT": self.url,
            "AWS_STS_ENDPOINT": self.url,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    @cached_property
    def secrets_manager(self) -> Any:
        """A client of botocore."""
        return self._client("secretsmanager")

    def put(self, key: str, value: Any) -> None:
        """A value, which is a text, or becomes JSON."""
        text = value if isinstance(value, str) else json.dumps(value)
        try:
            self.secrets_manager.put_secret_value(SecretId=key, SecretString=text)
        except self.secrets_manager.exceptions.ResourceNotFoundException:
            self.secrets_manager.create_secret(Name=key, SecretString=text)

    def delete(self, key: str) -> None:
        """Remove a secret at once."""
        self.secrets_manager.delete_secret(SecretId=key, ForceDeleteWithoutRecovery=True)

    def user(self, name: str, *actions: str) -> Login:
        """A new user, who may do these actions and no others once rights are enforced."""
        iam = self._client("iam")
        iam.create_user(UserName=name)
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        if actions:
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            iam.put_user_policy(UserName=name, PolicyName="may", PolicyDocument=policy)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Login(key["AccessKeyId"], key["SecretAccessKey"])

    @contextlib.contextmanager
    def rights_enforced(self) -> Iterator[None]:
        """Until the end of the block, a user may do what the user's policies allow, and a stranger nothing."""
        self._count(_NONE)
        try:
            yield
        finally:
            self._count(_ALL)

    def _count(self, calls: bytes) -> None:
        path, kind = f"{self.url}/moto-api/reset-auth", {"Content-Type": "text/plain"}  # a form would not be read
        with urllib.request.urlopen(urllib.request.Request(path, data=calls, headers=kind), timeout=10):
            pass

    def _client(self, service: str) -> Any:
        from botocore.session import Session

        return Session().create_client(
            service,
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=ANYBODY.access_key,
            aws_secret_access_key=ANYBODY.secret_key,
        )


@contextlib.contextmanager
def moto_server(directory: Path) -> Iterator[Moto]:
    """Start one, and end it.

    Args:
        directory: gets its log.
    """
    directory.mkdir(parents=True, exist_ok=True)
    (port,) = free_ports(1)
    with contextlib.ExitStack() as running:
        python = Path(sys.executable)
        run = Starter(directory, python.parent, running, {"PATH": os.environ["PATH"]})
        # -P: this very file would be what the program imports.
        run.start(python.name, ("-P", str(Path(__file__).with_name("moto_server.py")), str(port)))
        wait_for(f"http://127.0.0.1:{port}/moto-api/data.json", run)
        yield Moto(f"http://127.0.0.1:{port}")
