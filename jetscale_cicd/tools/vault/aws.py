"""AWS Secrets Manager: whether an entry is as the contract says, with every source of credentials that botocore knows.

botocore is asked for the region, the endpoint, a proxy and the authorities, too, so that the answer is that of every
other program of AWS in the same environment.
"""

import os
import re
import threading
from typing import NamedTuple

from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.model.vault import VaultAnswer, VaultName, VaultState
from jetscale_cicd.tools.deadline import within
from jetscale_cicd.tools.redact import Redactor
from jetscale_cicd.tools.vault.aws_answer import content_of, description_of
from jetscale_cicd.tools.vault.aws_client import SecretsManager
from jetscale_cicd.tools.vault.aws_errors import found_by
from jetscale_cicd.tools.vault.found import Found
from jetscale_cicd.tools.vault.unlogged import unlogged

_ARN = re.compile(r"arn:aws[a-z-]{0,20}:secretsmanager:(?P<region>[a-z0-9-]{1,40}):[0-9]{12}:secret:\S{1,600}")
# Codes that stand for several situations, which a description tells apart.
_NOT_FOUND, _NOT_NOW = "ResourceNotFoundException", "InvalidRequestException"
# What a description says of an entry whose value could not be read.
_TOLD_APART = (VaultState.ABSENT, VaultState.NO_VALUE, VaultState.MARKED_FOR_DELETION)
_SECONDS = 25


class _Asked(NamedTuple):
    """An entry, and what it has to have."""

    entry: str
    keys: tuple[str, ...]
    may_be_empty: tuple[str, ...]


@frozen(kw_only=True)
class AwsVault:
    """Asks AWS Secrets Manager.

    Args:
        redact: for the words of the server.
        region: where the entries are; "" for what botocore finds. An entry that is an ARN has its own.
        describe: without looking at values, for which ``secretsmanager:DescribeSecret`` is enough.
        seconds: for one entry, with all attempts, and the search for credentials.
    """

    redact: Redactor
    region: str = ""
    describe: bool = False
    seconds: float = _SECONDS
    _clients: dict[str, SecretsManager | Found] = field(default_factory=dict, repr=False, compare=False)
    _making: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def check(self, entry: str, keys: tuple[str, ...], may_be_empty: tuple[str, ...], /) -> VaultAnswer:
        """As ``VaultReader.check``."""
        arn = _ARN.fullmatch(entry)
        # botocore reads AWS_DEFAULT_REGION alone; what gives a job of a CI its role sets AWS_REGION.
        region = arn["region"] if arn else self.region or os.environ.get("AWS_REGION", "")
        try:
            return within(self.seconds, lambda: self._check(region, _Asked(entry, keys, may_be_empty)))
        except TimeoutError:
            late = Found(state=VaultState.UNREACHABLE, why=f"there was no complete answer within {self.seconds:g} s")
            return late.answer(VaultName.AWS, region, entry)

    def _check(self, region: str, asked: _Asked) -> VaultAnswer:
        with unlogged():
            client = self._client(region)
            if isinstance(client, Found):
                return client.answer(VaultName.AWS, region, asked.entry)
            found = self._described(client, asked) if self.describe else self._read(client, asked)
        return found.answer(VaultName.AWS, client.region, asked.entry)

    def _client(self, region: str) -> SecretsManager | Found:
        """The client for a region, made once, or why there is none."""
        with self._making:
            if region not in self._clients:
                self._clients[region] = self._made(region)
            return self._clients[region]

    def _made(self, region: str) -> SecretsManager | Found:
        try:
            return SecretsManager(region)
        except ImportError as missing:
            if (missing.name or "").partition(".")[0] == "botocore":
                return Found(state=VaultState.NO_CLIENT, why="the package botocore is not installed")
            return found_by(missing, self.redact)
        except Exception as failed:  # noqa: BLE001 - a setting may be anything, and so is what botocore makes of it
            found = found_by(failed, self.redact)
            if found.state is not VaultState.UNREADABLE:
                return found
            return Found(state=VaultState.SETTING_WRONG, why=f"a setting of AWS cannot be used ({found.why})")

    def _read(self, client: SecretsManager, asked: _Asked) -> Found:
        """What the value of an entry holds, or why it has none."""
        try:
            return content_of(client.value(asked.entry), asked.keys, asked.may_be_empty)
        except Exception as failed:  # noqa: BLE001 - botocore's, or Python's: of a hostile answer, or of a setting
            found = self._failure(client, failed)
        if found.code not in (_NOT_FOUND, _NOT_NOW):
            return found
        further = self._described(client, asked)
        return further if further.state in _TOLD_APART else found

    def _described(self, client: SecretsManager, asked: _Asked) -> Found:
        """What can be seen of an entry without its value."""
        try:
            return description_of(client.description(asked.entry))
        except Exception as failed:  # noqa: BLE001 - as above
            return self._failure(client, failed)

    def _failure(self, client: SecretsManager, failed: Exception) -> Found:
        found = found_by(failed, self.redact)
        if found.state is VaultState.UNREACHABLE and not found.code and not client.knows_region:
            found = Found(state=VaultState.WRONG_REGION, why="no region of this name is known, and none answers")
        if found.state.of_whole_vault and not found.code:
            self._clients[client.asked_for] = found  # every other entry would wait for the same
        return found
