"""What the answers of a registry mean: the server's own sentence, and what a tag holds."""

import hashlib
import re
from collections.abc import Callable, Mapping

from jetscale_cicd.config.bounded_json import JsonRefused, read_json
from jetscale_cicd.model.release import Absent, CannotTell, Present, RegistryAnswer
from jetscale_cicd.tools.http import HttpAnswer

# helm.sh/docs/topics/registries: the layer that is the chart's archive, byte for byte.
_CHART_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
# OCI distribution spec 1.1, "Error codes"; in capitals; NOT_FOUND is Harbor's and ECR Public's, TAG_EXPIRED Quay's for
# a tag that was deleted.
_ABSENT = {"manifest_unknown", "name_unknown", "not_found", "tag_expired"}
# What docker-registry says of a blob whose link another push is writing.
_UNSEEN = {"manifest_blob_unknown", "blob_unknown", "digest_invalid"}
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_TITLE = re.compile(r"<title[^<>]*>([^<]{1,300})</title>", re.IGNORECASE)
_MAX_SENTENCE_CHARS = 300
_MAX_READ_CHARS = 10_000

Redact = Callable[[str], str]


def manifest_answer(answer: HttpAnswer, host: str, redact: Redact) -> RegistryAnswer:
    """What a tag holds, by the answer to the question for its manifest.

    Only a 404 with the registry's own error code is "absent": 401, 403, 429, 5xx, a proxy's 404 and a damaged manifest
    all mean "cannot tell".
    """
    if is_absent(answer):
        return Absent()
    if answer.status == 404:
        why = f"{host} answered 404 without the error code of a registry"
        return CannotTell(f"{why}{_in_brackets(sentence_of(answer, redact))}", "check chart.registry")
    if answer.status != 200:
        return CannotTell(refusal_text(answer, host, redact), hint_for(answer, host))
    digest = "sha256:" + hashlib.sha256(answer.body).hexdigest()
    claimed = answer.headers.get("docker-content-digest", digest)
    manifest = _json(answer.body)
    if not isinstance(manifest, dict) or claimed != digest:
        return CannotTell(f"{host} gave a damaged manifest ({digest[:19]}…)", "run again")
    # An artifact that is not a chart has the version, too, and is not overwritten.
    return Present(_chart_layer(manifest) or digest, digest)


def is_absent(answer: HttpAnswer) -> bool:
    """Whether a registry says, with an error code of its own, that it holds no such manifest."""
    codes = _codes(answer) if answer.status == 404 else set()
    return bool(codes) and codes <= _ABSENT


def meets_another_push(answer: HttpAnswer) -> bool:
    """Whether a registry refuses something as it does not see a blob that it has (measured: ``push_errors.py``)."""
    return answer.status == 400 and not _codes(answer).isdisjoint(_UNSEEN)


def _codes(answer: HttpAnswer) -> set[str]:
    return {str(error.get("code")).lower() for error in _errors(_json(answer.body))}


def refusal_text(answer: HttpAnswer, server: str, redact: Redact) -> str:
    """The status of an answer, the server's own sentence, and how long it wants to be left alone."""
    later = f"; it asks to come back in {answer.wait} s (Retry-After)" if answer.wait else ""
    return f"{server} answered {answer.status}{_in_brackets(sentence_of(answer, redact))}{later}"


def hint_for(answer: HttpAnswer, host: str) -> str:
    """The next step after a refusal to read; "" where the answer alone says what is wrong."""
    if answer.status in (401, 403):
        return f"log in: {login_command(host)}"
    if answer.status == 429 or answer.status >= 500:
        when = f"in {answer.wait} s" if answer.wait else "later"
        return f"the registry is overloaded or out of order: run again {when}"
    return ""


def login_command(host: str) -> str:
    """How to give a login for a registry."""
    return f"helm registry login {host}, or set STAGE6_REGISTRY_USERNAME and STAGE6_REGISTRY_PASSWORD"


def _in_brackets(text: str) -> str:
    """`` (text)``, "" for no text."""
    return f" ({text})" if text else ""


def sentence_of(answer: HttpAnswer, redact: Redact) -> str:
    """The server's own words on one line, at most 300 characters; "" where it has none.

    They stand in the error list of the distribution spec, in the fields of OAuth 2 (RFC 6749, 5.2) and of token servers
    that came before it, in a line of plain text (ECR, most proxies), or in the title of a page.

    Args:
        redact: masks what the server repeats of a secret, before the text is shortened.
    """
    content = _json(answer.body)
    if content is not None:
        return _one_line(redact(_from_json(content)[:_MAX_READ_CHARS]))
    text = answer.body[:_MAX_READ_CHARS].decode("utf-8", "replace")
    if text.lstrip().startswith("<"):
        title = _TITLE.search(text)
        text = title[1] if title else ""
    return _one_line(redact(text)) if "\0" not in text else ""


def _from_json(content: object) -> str:
    if errors := _errors(content):
        return "; ".join(_error_text(error) for error in errors)
    if not isinstance(content, dict):
        return content if isinstance(content, str) else ""
    named = [content.get(name) for name in ("error", "error_description", "message", "details", "detail")]
    return ": ".join(text for text in named if isinstance(text, str) and text)


def _error_text(error: Mapping[str, object]) -> str:
    detail = error.get("detail")
    text = error.get("message") or (detail if isinstance(detail, str) else "")
    return ": ".join(str(part) for part in (error.get("code"), text) if part)


def _one_line(text: str) -> str:
    """Without line breaks, and without characters that a terminal would obey."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= _MAX_SENTENCE_CHARS else line[:_MAX_SENTENCE_CHARS] + "…"


def _json(body: bytes) -> object:
    try:
        return read_json(body)
    except JsonRefused:
        return None


def _errors(content: object) -> list[Mapping[str, object]]:
    errors = content.get("errors") if isinstance(content, dict) else None
    return [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []


def _chart_layer(manifest: Mapping[str, object]) -> str | None:
    layers = manifest.get("layers")
    for layer in layers if isinstance(layers, list) else ():
        if isinstance(layer, dict) and layer.get("mediaType") == _CHART_LAYER:
            named = layer.get("digest")
            return named if isinstance(named, str) and _DIGEST.fullmatch(named) else None
    return None
