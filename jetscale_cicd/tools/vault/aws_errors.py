"""What an error of botocore's means; every one that it can raise is an answer.

The text of an error is not passed on where it may quote what a program or a connection gave: that may be a value.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from jetscale_cicd.model.shown import shown
from jetscale_cicd.model.vault import VaultState
from jetscale_cicd.tools.vault.found import Found
from jetscale_cicd.tools.vault.transport import cause_of

_DENIED = {"AccessDeniedException", "AccessDenied", "UnauthorizedOperation", "UnauthorizedException", "OptInRequired"}
_EXPIRED = {"ExpiredTokenException", "ExpiredToken", "TokenRefreshRequired", "RequestExpired"}
_REFUSED = {
    *("UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException", "SignatureDoesNotMatch"),
    *("IncompleteSignature", "IncompleteSignatureException", "MissingAuthenticationToken", "InvalidAccessKeyId"),
    *("MissingAuthenticationTokenException", "AuthFailure", "InvalidIdentityToken", "IDPRejectedClaim"),
    *("RequestTimeTooSkewed", "InvalidToken", "NotAuthorized"),
}
_THROTTLED = {
    *("ThrottlingException", "Throttling", "ThrottledException", "TooManyRequestsException", "RequestLimitExceeded"),
    *("LimitExceededException", "RequestThrottled", "RequestThrottledException", "SlowDown", "429"),
}
_REQUEST = {"InvalidRequestException", "InvalidParameterException", "ValidationException", "DecryptionFailure"}
# Of other answers the text is not shown: a gateway may have put into it what it was to pass on.
_SPOKEN = {*_DENIED, *_EXPIRED, *_REFUSED, *_THROTTLED, *_REQUEST}
_OF_SECRETS = ("GetSecretValue", "DescribeSecret")
_CODE = re.compile(r"[A-Za-z0-9.]{1,60}")
_MAX_SAID = 400
_SERVER_FAULT = 500

# By the name of a class, or of one above it, what is said; `{…}` is a part of the error that is a name, or a path.
_CLASSES: dict[VaultState, dict[str, str]] = {
    VaultState.NO_CREDENTIALS: {
        "NoCredentialsError": "no source of credentials that botocore knows has any",
        "PartialCredentialsError": "of the credentials of {provider}, {cred_var} is missing",
        "NoAuthTokenError": "the profile needs a token, and there is none",
        "CredentialRetrievalError": "{provider} gave no credentials",
        "MetadataRetrievalError": "the metadata service gave no credentials",
        "RefreshWithMFAUnsupportedError": "the profile asks for a code (mfa_serial)",
        "LoginInsufficientPermissions": "the login may not do signin:CreateOAuth2Token",
    },
    VaultState.EXPIRED_CREDENTIALS: {
        "TokenRetrievalError": "the token of {provider} is not valid any more",
        "SSOError": "there is no valid session of IAM Identity Center (SSO)",
        "LoginError": "there is no valid session of `aws login`",
    },
    VaultState.SETTING_WRONG: {
        "ProfileNotFound": "there is no profile {profile} in the configuration of AWS",
        "ConfigParseError": "{path} cannot be parsed",
        "ConfigNotFound": "{path} cannot be found",
        "InvalidConfigError": "the profile has a setting that cannot be used",
        "UnknownCredentialError": "the profile has a source of credentials that is none: {name}",
        "MissingDependencyException": "the profile needs the package botocore[crt]",
        "ParamValidationError": "AWS has no entries of such a name",
        "OSError": "a file of its configuration cannot be read",
        "ValidationError": "a setting has a value that it cannot have",
        "InvalidRetryConfigurationError": "the setting of retries cannot be used",
        "InvalidProxiesConfigError": "the setting of a proxy cannot be used",
        "InvalidEndpointConfigurationError": "the setting of the endpoint cannot be used",
        "InvalidDefaultsMode": "AWS_DEFAULTS_MODE cannot be used",
        "InvalidIMDSEndpointError": "the address of the metadata service cannot be used",
        "InvalidIMDSEndpointModeError": "the mode of the metadata service cannot be used",
        "InvalidSTSRegionalEndpointsConfigError": "AWS_STS_REGIONAL_ENDPOINTS cannot be used",
    },
    VaultState.WRONG_REGION: {
        "NoRegionError": "no region is configured",
        "InvalidRegionError": "the region is not the name of one",
        "UnknownRegionError": "the region is not the name of one",
        "BaseEndpointResolverError": "no endpoint is known for the region",
        "EndpointProviderError": "no endpoint is known for the region",
    },
    VaultState.THROTTLED: {
        "CapacityNotAvailableError": "botocore's own limit of retries is reached",
    },
    VaultState.UNREADABLE: {
        "BodyTooLargeError": "its answer is larger than any that is one",
    },
    VaultState.UNREACHABLE: {
        "ConnectTimeoutError": "it could not be connected to in time",
        "ReadTimeoutError": "there was no complete answer in time",
        "ProxyConnectionError": "the proxy did not connect",
        "TimeoutError": "there was no complete answer in time",
        "HTTPError": "the connection broke",  # urllib3's, while the body is read
        "ConnectionError": "",
        "HTTPClientError": "",
    },
}
_BY_CLASS = {name: (state, text) for state, rows in _CLASSES.items() for name, text in rows.items()}


def found_by(failed: Exception, redact: Callable[[str], str]) -> Found:
    """What an error means.

    Args:
        failed: one that botocore raised, or Python in it.
        redact: for the words of the server.
    """
    if isinstance(response := getattr(failed, "response", None), dict):
        return _of_answer(response, str(getattr(failed, "operation_name", "")), redact)
    for each in type(failed).__mro__:
        if found := _BY_CLASS.get(each.__name__):
            state, text = found
            return Found(state=state, why=_filled(text, failed))
    return Found(state=VaultState.UNREADABLE, why=f"botocore ended with {type(failed).__name__}")


def _filled(text: str, failed: Exception) -> str:
    parts = getattr(failed, "kwargs", {})
    if not text:
        return cause_of(str(parts.get("error", "")))
    named = {name: shown(str(part)) for name, part in parts.items()} if "{" in text else {}
    try:
        return text.format_map(named)
    except KeyError:
        return text.replace("{", "").replace("}", "")


def _of_answer(response: Mapping[str, Any], operation: str, redact: Callable[[str], str]) -> Found:
    """What an answer of AWS, or of what stands before it, says."""
    code, status, said = _read(response)
    why = redact(said) if code in _SPOKEN else ""
    state = _told_apart(code, said) or _state(code, status)
    if state in (VaultState.ABSENT, VaultState.NO_VALUE, VaultState.MARKED_FOR_DELETION):
        return Found(state=state, code=code)
    if state is not VaultState.DENIED:
        return Found(state=state, why=why or f"it answered {code or status}", code=code)
    if operation not in _OF_SECRETS:  # such as sts:AssumeRole, on the way to credentials
        return Found(state=VaultState.NO_CREDENTIALS, why=why or f"{operation} was refused", code=code)
    if re.search(r"\bKMS\b|\bkms:", said):
        return Found(state=state, why=why, needs="kms:Decrypt", resource="the KMS key of the entry", code=code)
    return Found(state=state, why=why, needs=f"secretsmanager:{operation}", code=code)


def _told_apart(code: str, said: str) -> VaultState | None:
    """Of one code that stands for several situations; where the entry may be described, that decides."""
    if code == "ResourceNotFoundException" and "staging label" in said:
        return VaultState.NO_VALUE
    marked = code == "InvalidRequestException" and re.search(r"marked (?:for deletion|deleted)", said)
    return VaultState.MARKED_FOR_DELETION if marked else None


def _state(code: str, status: int) -> VaultState:
    if code in _DENIED:
        return VaultState.DENIED
    if code == "DecryptionFailure":
        return VaultState.DECRYPTION_FAILED
    if code in _EXPIRED:
        return VaultState.EXPIRED_CREDENTIALS
    if code in _REFUSED:
        return VaultState.CREDENTIALS_REFUSED
    if code in _THROTTLED:
        return VaultState.THROTTLED
    if code == "ResourceNotFoundException":
        return VaultState.ABSENT
    return VaultState.UNREACHABLE if status >= _SERVER_FAULT else VaultState.UNREADABLE


def _read(response: Mapping[str, Any]) -> tuple[str, int, str]:
    """Code, status of HTTP, and message: one line, with nothing in it that is no text."""
    error, metadata = response.get("Error"), response.get("ResponseMetadata")
    error = error if isinstance(error, dict) else {}
    metadata = metadata if isinstance(metadata, dict) else {}
    code, status, said = error.get("Code"), metadata.get("HTTPStatusCode"), error.get("Message")
    known = code if isinstance(code, str) and _CODE.fullmatch(code) else ""
    text = " ".join(said.split()) if isinstance(said, str) else ""
    shown_text = "".join(each for each in text if each.isprintable())[:_MAX_SAID]
    return known, status if isinstance(status, int) else 0, shown_text
