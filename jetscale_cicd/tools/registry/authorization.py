"""Which ``Authorization`` a registry gets: a login itself, or a token that its token server grants for it.

The flows are those of the distribution project ("Token Authentication Specification", "OAuth2 Token Authentication"),
as helm follows them.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import urlencode

from jetscale_cicd.config.bounded_json import JsonRefused, read_json
from jetscale_cicd.model.record import frozen
from jetscale_cicd.tools.http import Http, HttpAnswer, HttpFailure
from jetscale_cicd.tools.registry.challenge import parse_challenges
from jetscale_cicd.tools.registry.login import Login
from jetscale_cicd.tools.registry.realm import may_send_login


class Scope(StrEnum):
    """What a token has to allow in a repository."""

    PULL = "pull"
    PUSH = "pull,push"


class TokenRefused(Exception):  # noqa: N818 - an answer, that the caller turns into its own
    """The token server grants no token for this login and this scope.

    Args:
        answer: of the token server.
    """

    def __init__(self, answer: HttpAnswer) -> None:
        super().__init__(str(answer.status))
        self.answer = answer


class Granted(NamedTuple):
    """A value for ``Authorization``; ``scoped`` where it allows only what was asked for."""

    header: str
    scoped: bool


@frozen
class Authorizer:
    """Answers the challenges of one registry.

    Args:
        http: the HTTP client.
        login: credentials, None where there are none.
        host: of the registry.
        plain: whether the configuration says that it has no TLS.
    """

    http: Http
    login: Login | None
    host: str
    plain: bool

    def grant(self, refused: HttpAnswer, repository: str, scope: Scope) -> Granted | None:
        """What to send after a 401; None where there is nothing that the registry would take.

        Bearer comes before Basic where both are offered, as in containerd and docker.

        Raises:
            TokenRefused: the token server refuses.
            HttpFailure: it gave no usable answer.
        """
        challenges = {each.scheme: each for each in reversed(parse_challenges(_challenge(refused)))}
        login = self.login
        if "bearer" in challenges:
            if login and login.registry_token:
                return Granted(f"Bearer {login.registry_token}", scoped=False)
            return Granted(f"Bearer {self._token(challenges['bearer'].parameters, repository, scope)}", scoped=True)
        if "basic" in challenges and login and login.username:
            return Granted(login.basic, scoped=False)
        return None

    def _token(self, challenge: Mapping[str, str], repository: str, scope: Scope) -> str:
        realm, service = challenge.get("realm", ""), challenge.get("service", "")
        if not may_send_login(realm, self.host, plain=self.plain):
            raise HttpFailure(
                "the registry names a token server that gets no login: it is not an https address, or one inside some "
                "network"
            )
        form = {"service": service, "scope": f"repository:{repository}:{scope}"}
        answer = self._ask(realm, form)
        if answer.status != 200:
            raise TokenRefused(answer)
        token = _token_in(answer)
        self.http.redact.learn((token,))
        return token

    def _ask(self, realm: str, form: Mapping[str, str]) -> HttpAnswer:
        login, oauth = self.login, {**form, "client_id": "jetscale-cicd"}
        if login and login.identity_token:
            grant = {"grant_type": "refresh_token", "refresh_token": login.identity_token}
            return self.http.post_form(realm, {**oauth, **grant})
        headers = {"Authorization": login.basic} if login else {}
        answer = self.http.get(f"{realm}{'&' if '?' in realm else '?'}{urlencode(form)}", headers)
        if answer.status in (404, 405) and login:  # a token server that knows OAuth 2 alone
            password = {"grant_type": "password", "username": login.username, "password": login.password}
            return self.http.post_form(realm, {**oauth, **password})
        return answer


def _challenge(refused: HttpAnswer) -> str:
    return refused.headers.get("www-authenticate", "")


def _token_in(answer: HttpAnswer) -> str:
    try:
        content = read_json(answer.body)
        token = content.get("token") or content["access_token"]
    except (JsonRefused, KeyError, AttributeError):
        token = None
    if not isinstance(token, str) or not re.fullmatch(r"[!-~]+", token):
        raise HttpFailure("the answer of the token server has no token")
    return token
