"""Which proxy a request goes through, and what its address may be: Go's rules, as a table."""

import base64

import pytest

from jetscale_cicd.tools.proxy_rules import HttpProxy, ProxyUnreadableError, goes_directly, proxy_for
from jetscale_cicd.tools.redact import MASK, Redactor

DIRECTLY, PROXIED = True, False
BYPASSED = [
    # host, port, NO_PROXY. x/net 0.62.0 answers each row alike, but for LOCALHOST, which it asks through the proxy.
    ("localhost", "80", "", DIRECTLY),
    ("LOCALHOST", "80", "", DIRECTLY),
    ("127.0.0.1", "5000", "", DIRECTLY),
    ("127.0.0.2", "80", "", DIRECTLY),
    ("::1", "80", "", DIRECTLY),
    ("::ffff:127.0.0.1", "80", "", DIRECTLY),
    ("localhost.example", "80", "", PROXIED),
    ("127.0.0.1.example", "80", "", PROXIED),
    ("registry.test", "443", "", PROXIED),
    ("registry.test", "443", "*", DIRECTLY),
    ("registry.test", "443", "other.test,*", DIRECTLY),
    ("registry.test", "443", "registry.test", DIRECTLY),
    ("registry.test", "443", "Registry.TEST", DIRECTLY),
    ("registry.test", "443", " other.test , registry.test ", DIRECTLY),
    ("registry.test", "443", "other.test registry.test", PROXIED),
    ("a.registry.test", "443", "registry.test", DIRECTLY),
    ("registry.test", "443", ".registry.test", PROXIED),
    ("a.registry.test", "443", ".registry.test", DIRECTLY),
    ("registry.test", "443", "*.registry.test", PROXIED),
    ("a.registry.test", "443", "*.registry.test", DIRECTLY),
    ("my-registry.test", "443", "registry.test", PROXIED),
    ("registry.test", "443", "istry.test", PROXIED),
    ("registry.test", "443", "registry.test:443", DIRECTLY),
    ("registry.test", "443", "registry.test:80", PROXIED),
    ("a.registry.test", "80", ".registry.test:80", DIRECTLY),
    ("registry.test", "443", "registry.test:", DIRECTLY),
    ("registry.test", "443", ":443", PROXIED),
    ("registry.test", "443", "https://registry.test", PROXIED),
    ("10.1.2.3", "443", "10.0.0.0/8", DIRECTLY),
    ("10.1.2.3", "443", "10.9.9.9/8", DIRECTLY),
    ("11.1.2.3", "443", "10.0.0.0/8", PROXIED),
    ("10.1.2.3", "443", "10.0.0.0/255.0.0.0", PROXIED),
    ("10.1.2.3", "443", "10.0.0.0/8:443", PROXIED),
    ("10.1.2.3", "443", "10.0.0.0/33", PROXIED),
    ("10.1.2.3", "443", "::ffff:10.0.0.0/104", DIRECTLY),
    ("10.1.2.3", "443", "::/0", PROXIED),
    ("10.1.2.3", "443", "10.1.2.3", DIRECTLY),
    ("::ffff:10.1.2.3", "443", "10.1.2.3", DIRECTLY),
    ("10.1.2.3", "443", "10.1.2.3:443", DIRECTLY),
    ("10.1.2.3", "443", "10.1.2.3:80", PROXIED),
    ("10.1.2.3", "443", ".2.3", PROXIED),
    ("10.1.2.3", "443", "10.1", PROXIED),
    ("fe80::1", "443", "fe80::/10", DIRECTLY),
    ("fe80::1%eth0", "443", "fe80::/10", DIRECTLY),
    ("fe80::1", "443", "fe80:0::1", DIRECTLY),
    ("fe80::1", "443", "[fe80::1]:443", DIRECTLY),
    ("fe80::1", "443", "[fe80::1]:80", PROXIED),
    ("fe80::1", "443", "[fe80::1]", PROXIED),
    ("registry.test", "443", "10.0.0.0/8,::1,,/,:,[,%", PROXIED),
    ("xn--bcher-kva.example", "443", "bücher.example", DIRECTLY),
    ("bücher.example", "443", ".example", DIRECTLY),
    ("a.bücher.example", "443", ".bücher.example", DIRECTLY),
]


@pytest.mark.parametrize(("host", "port", "no_proxy", "expected"), BYPASSED)
def test_what_uses_no_proxy(host: str, port: str, no_proxy: str, expected: bool) -> None:
    assert goes_directly(host, port, no_proxy) is expected


HTTP, HTTPS = "http://registry.test/v2/", "https://registry.test/v2/"
CHOSEN = [
    (HTTPS, {}, None),
    (HTTPS, {"HTTPS_PROXY": "http://upper:1"}, "http://upper:1"),
    (HTTPS, {"https_proxy": "http://lower:1"}, "http://lower:1"),
    (HTTPS, {"HTTPS_PROXY": "http://upper:1", "https_proxy": "http://lower:1"}, "http://upper:1"),
    (HTTPS, {"HTTPS_PROXY": "", "https_proxy": "http://lower:1"}, "http://lower:1"),
    (HTTPS, {"HTTP_PROXY": "http://other:1", "ALL_PROXY": "http://all:1"}, None),
    (HTTP, {"HTTP_PROXY": "http://upper:1"}, "http://upper:1"),
    (HTTP, {"HTTP_PROXY": "http://upper:1", "REQUEST_METHOD": "GET"}, None),
    (HTTP, {"HTTP_PROXY": "http://u:1", "http_proxy": "http://lower:1", "REQUEST_METHOD": "GET"}, "http://lower:1"),
    (HTTPS, {"HTTPS_PROXY": "http://upper:1", "REQUEST_METHOD": "GET"}, "http://upper:1"),
    (HTTPS, {"HTTPS_PROXY": "http://upper:1", "NO_PROXY": "registry.test"}, None),
    (HTTPS, {"HTTPS_PROXY": "http://upper:1", "no_proxy": "registry.test:443"}, None),
    (HTTP, {"HTTP_PROXY": "http://upper:1", "no_proxy": "registry.test:443"}, "http://upper:1"),
    ("http://registry.test:443/", {"HTTP_PROXY": "http://upper:1", "no_proxy": "registry.test:443"}, None),
    ("http://[::1]:5000/v2/", {"HTTP_PROXY": "not an address"}, None),
    (HTTPS, {"HTTPS_PROXY": "proxy.test:3128"}, "http://proxy.test:3128"),
    (HTTPS, {"HTTPS_PROXY": "proxy.test"}, "http://proxy.test"),
    (HTTPS, {"HTTPS_PROXY": "10.0.0.1:3128"}, "http://10.0.0.1:3128"),
    (HTTPS, {"HTTPS_PROXY": "robot:pass@proxy.test:3128"}, "http://proxy.test:3128"),
    (HTTPS, {"HTTPS_PROXY": "HTTPS://[fe80::1]:3128/"}, "https://[fe80::1]:3128"),
]


@pytest.mark.parametrize(("url", "env", "expected"), CHOSEN)
def test_the_variable_that_counts_is_the_one_of_go(url: str, env: dict[str, str], expected: str | None) -> None:
    proxy = proxy_for(url, env)
    assert (proxy and proxy.address) == expected


@pytest.mark.parametrize(
    ("userinfo", "sent"),
    [
        ("robot:plain", "robot:plain"),
        ("robot:p%40ss%2Fword%21", "robot:p@ss/word!"),
        ("robot:p@ss", "robot:p@ss"),
        ("robot:a:b+c", "robot:a:b+c"),
        ("do%2Dmain:%C3%A4", "do-main:ä"),
        ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "ghp_16C7e42F292c6912E7710c838347Ae178B4a:"),
    ],
)
def test_a_login_is_sent_decoded_and_masked_in_every_form(userinfo: str, sent: str) -> None:
    """As Go sends it; the address stays without it."""
    address = f"http://{userinfo}@proxy.test:3128"
    assert proxy_for(HTTPS, {"HTTPS_PROXY": address}) == HttpProxy("http://proxy.test:3128", userinfo)
    said = HttpProxy("", userinfo).authorization
    assert base64.b64decode(said.removeprefix("Basic ")).decode() == sent
    redact = Redactor.of_environment([("HTTPS_PROXY", address)])
    password = sent.partition(":")[2] or userinfo
    if len(password) >= 4:
        assert redact(f"{password} {said}") == f"{MASK} Basic {MASK}"


def test_a_user_of_a_proxy_is_a_name() -> None:
    """As that of any other address: every place that has the same word would be masked."""
    redact = Redactor.of_environment([("HTTPS_PROXY", "http://robot@proxy.test:3128")])
    assert redact("the robot") == "the robot"


UNREADABLE = [
    "http://robot:p@ss/word@bad:99999",
    "http://robot:p/assword@proxy.test:3128",
    "http://robot:99/word@proxy.test:3128",
    "http://robot:pass?word@proxy.test:3128",
    "http://robot:pass#word@proxy.test:3128",
    "http://robot:100%zz@proxy.test:3128",
    "http://robot:password@proxy.test:99999",
    "http://robot:password@proxy.test:port",
    "http://robot:password@[::1",
    "http://robot:password@",
    "http://robot:pass word@proxy.test",
    "http://robot:password@proxy.test\n",
    "socks5://robot:password@proxy.test",
    "robot:password@proxy.test:port",
    "http://robot:p\udcffss@proxy.test",
]


@pytest.mark.parametrize("address", UNREADABLE)
@pytest.mark.parametrize(("url", "variable"), [(HTTPS, "HTTPS_PROXY"), (HTTP, "http_proxy")])
def test_an_address_that_cannot_be_read_is_an_error_of_its_variable_that_shows_nothing_of_it(
    address: str, url: str, variable: str
) -> None:
    with pytest.raises(ProxyUnreadableError) as unreadable:
        proxy_for(url, {variable: address})
    assert str(unreadable.value) == str(ProxyUnreadableError(variable))
    assert variable in str(unreadable.value)
    assert unreadable.value.__cause__ is None
    assert unreadable.value.__suppress_context__ or unreadable.value.__context__ is None


def test_the_password_of_an_address_that_cannot_be_read_is_masked_all_the_same() -> None:
    redact = Redactor.of_environment([("https_proxy", UNREADABLE[0])])
    assert redact("a tool says p@ss/word of it") == f"a tool says {MASK} of it"
