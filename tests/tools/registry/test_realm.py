"""Which token server gets a login."""

import pytest

from jetscale_cicd.tools.registry.realm import may_send_login

REGISTRY = "registry.test:5000"


@pytest.mark.parametrize(
    ("realm", "registry", "plain"),
    [
        ("https://auth.elsewhere.test/token", REGISTRY, False),
        ("https://registry.test/token", REGISTRY, False),
        ("https://8.8.8.8/token", REGISTRY, False),
        ("https://10.0.0.1:8443/token", "10.0.0.1:5000", False),
        ("https://[fd00::1]:8443/token", "[fd00::1]:5000", False),
        ("http://auth.test/token", REGISTRY, True),
        ("http://127.0.0.1:5001/token", "localhost:5000", False),
        ("http://[::1]:5001/token", "127.0.0.1", False),
    ],
)
def test_a_token_server_over_tls_or_on_the_registrys_own_machine_gets_the_login(
    realm: str, registry: str, plain: bool
) -> None:
    assert may_send_login(realm, registry, plain=plain)


@pytest.mark.parametrize(
    ("realm", "registry", "plain"),
    [
        ("http://registry.test/token", REGISTRY, False),
        ("http://127.0.0.1:8080/token", REGISTRY, False),
        ("https://127.0.0.1:8080/token", REGISTRY, False),
        ("https://localhost/token", REGISTRY, False),
        ("https://x.localhost/token", REGISTRY, False),
        ("https://169.254.169.254/latest/meta-data", REGISTRY, False),
        ("http://169.254.169.254/latest/meta-data", REGISTRY, True),
        ("https://[::ffff:169.254.169.254]/", REGISTRY, False),
        ("https://[::1]/token", REGISTRY, False),
        ("https://10.0.0.1/token", REGISTRY, False),
        ("https://0/token", REGISTRY, False),
        ("https://127.1/token", REGISTRY, False),
        ("https://2130706433/token", REGISTRY, False),
        ("https://0x7f000001/token", REGISTRY, False),
        ("https://10.0.0.1/token", "10.0.0.2", False),
        ("http://elsewhere.test/token", "127.0.0.1:5000", False),
        ("file:///etc/passwd", REGISTRY, True),
        ("https://", REGISTRY, False),
        ("https://[::1/token", REGISTRY, False),
        ("token", REGISTRY, True),
        ("", REGISTRY, True),
    ],
)
def test_no_other_one_does(realm: str, registry: str, plain: bool) -> None:
    assert not may_send_login(realm, registry, plain=plain)
