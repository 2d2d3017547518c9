"""Which redirects are followed, as a table."""

import pytest

from jetscale_cicd.tools.redirect_rules import RedirectRefusedError, may_keep_login, redirected

HERE, PLAIN = "https://registry.test/v2/c/manifests/1", "http://registry.test/v2/c/manifests/1"
STORAGE = "https://storage.test/blob"
FOLLOWED = [
    # url, location, elsewhere, where it leads, with the login
    (HERE, "/v2/d/manifests/1", False, "https://registry.test/v2/d/manifests/1", True),
    (HERE, "https://registry.test:443/x", False, "https://registry.test:443/x", True),
    (PLAIN, "https://registry.test/x", False, "https://registry.test/x", False),
    (PLAIN, "//registry.test/x", False, "http://registry.test/x", True),
    (HERE, STORAGE, True, STORAGE, False),
    (HERE, "https://registry.test:8443/x", True, "https://registry.test:8443/x", False),
    (PLAIN, "http://storage.test/blob", True, "http://storage.test/blob", False),
]
NO_TLS, ANOTHER, NO_HTTP, UNREADABLE = "from https to http", "another host", "not one of http", "cannot be read"
REFUSED = [
    (HERE, PLAIN, False, NO_TLS),
    (HERE, PLAIN, True, NO_TLS),
    (HERE, "http://storage.test/blob", True, NO_TLS),
    (HERE, "HTTP://registry.test:443/x", True, NO_TLS),
    (HERE, STORAGE, False, ANOTHER),
    (HERE, "//storage.test/blob", False, ANOTHER),
    (HERE, "https://a.registry.test/", False, ANOTHER),
    (HERE, "https://registry.test:8443/x", False, ANOTHER),
    (PLAIN, "https://registry.test:8443/x", False, ANOTHER),
    (HERE, "https://registry.test@storage.test/", False, ANOTHER),
    (HERE, "file:///etc/passwd", True, NO_HTTP),
    (HERE, "https://:443/x", True, NO_HTTP),
    (HERE, "https://[::1/x", True, UNREADABLE),
    (HERE, "https://registry.test:99999/", True, UNREADABLE),
]


@pytest.mark.parametrize(("url", "location", "elsewhere", "expected", "login"), FOLLOWED)
def test_a_redirect_is_followed_with_the_login_to_the_same_origin_alone(
    url: str, location: str, elsewhere: bool, expected: str, login: bool
) -> None:
    there = redirected(url, location, elsewhere=elsewhere)
    assert (there, may_keep_login(url, there)) == (expected, login)


@pytest.mark.parametrize(("url", "location", "elsewhere", "why"), REFUSED)
def test_no_redirect_leads_out_of_tls_or_to_a_host_that_was_not_allowed(
    url: str, location: str, elsewhere: bool, why: str
) -> None:
    with pytest.raises(RedirectRefusedError, match=why):
        redirected(url, location, elsewhere=elsewhere)
