"""Values that somebody has to decrypt first are refused: helm would deploy the ciphertext."""

import pytest

from jetscale_cicd.decide.chart.encrypted import check_decrypted
from jetscale_cicd.errors import ConfigurationError

CIPHER = "ENC[AES256_GCM,data:Tr7o,iv:1,tag:k,type:str]"


@pytest.mark.parametrize(
    "content",
    [
        f"password: {CIPHER}\nsops:\n  mac: {CIPHER}\n  version: 3.8.1\n",
        f"db:\n- password: {CIPHER}\n",
        f'{{"password":"{CIPHER}"}}',
        "password: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  66386439\n",
        "password: !vault |-\n          $ANSIBLE_VAULT;1.2;AES256;dev\n          6638\n",
    ],
)
def test_ciphertext_is_no_value(content: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        check_decrypted(content.encode(), "envs/live/values.yaml")
    assert (refused.value.code, refused.value.where) == ("VALUES_ENCRYPTED", "envs/live/values.yaml")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "size: 3\n",
        "size: 3 # not ENC[AES256_GCM,data:…]\n",
        f"files:\n  app.yaml: |\n    password: {CIPHER}\n",  # a container decrypts its own file
        "files:\n  vars.yaml: |\n    $ANSIBLE_VAULT;1.1;AES256\n    6638\n",
        "password: ENC[none]\n",
    ],
)
def test_a_file_that_a_container_decrypts_is_a_value(content: str) -> None:
    check_decrypted(content.encode(), "envs/live/values.yaml")
