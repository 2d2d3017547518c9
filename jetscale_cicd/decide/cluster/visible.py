"""Which values of objects may be shown: all but what is a secret, or may hold one."""

import base64
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

from jetscale_cicd.decide.cluster.managed_fields import Path
from jetscale_cicd.decide.cluster.masking import masked
from jetscale_cicd.decide.cluster.rightful import FREE
from jetscale_cicd.decide.fields import Object, part, parts, text
from jetscale_cicd.model.record import frozen

_WORD = re.compile(r"\w+")
# Shorter ones are refused as secrets (SECRET_SHORT).
_MIN_SECRET_CHARS = 4
_SHOWN_OF_A_SECRET = ("type", "immutable")
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@frozen(kw_only=True)
class Visible:
    """Decides per field.

    Args:
        redact: masks known secrets in a text.
        is_secret_name: whether a key of this name holds a credential.
        public: words that are no secret, of a release that takes values from the environment; None of any other.
    """

    redact: Callable[[str], str]
    is_secret_name: Callable[[str], bool]
    public: frozenset[str] | None = None

    def hides(self, kind: str, path: Path, live: object, wanted: object) -> bool:
        """Whether a field is masked.

        Which of the release's own hold a value of the environment is not known, nor always that value: the variable may
        not be set here, or have another value since. So such a release's value is shown where the chart, or the values
        that Helm keeps, have all of its words. What somebody else set is no value of this environment.

        Args:
            kind: of the object.
        """
        if kind == "Secret" and not _is_around_a_secret(path):
            return True
        named = len(path) > 1 and path[-2] in FREE and self.is_secret_name(str(path[-1]))
        return named or any(map(self._is_known, (*_scalars(live), *_scalars(wanted)))) or not self._is_public(wanted)

    def _is_known(self, value: str) -> bool:
        return self.redact(value) != value

    def _is_public(self, wanted: object) -> bool:
        public = self.public
        return public is None or all(
            len(value) < _MIN_SECRET_CHARS or public.issuperset(_WORD.findall(value)) for value in _scalars(wanted)
        )


def public_words(content: Object, keys: Iterable[str]) -> frozenset[str]:
    """The words of a chart and of values as Helm keeps them, which are in a repository that people read.

    Args:
        content: of a stored release.
        keys: dotted keys of the values that come from the environment.
    """
    chart = part(content, "chart")
    given = (masked(part(content, "config"), keys), chart.get("values"), chart.get("metadata"), content.get("name"))
    files = (text(each, "data") for name in ("templates", "files") for each in parts(chart, name))
    texts = (*_scalars([*given, content.get("namespace")]), *map(_decoded, files))
    return frozenset(word for each in texts for word in _WORD.findall(each))


def _is_around_a_secret(path: Path) -> bool:
    if path[0] == "metadata":
        return len(path) > 2 and path[1] in ("labels", "annotations") and path[2] != _LAST_APPLIED
    return path[0] in _SHOWN_OF_A_SECRET


def _scalars(value: Any) -> Iterator[str]:
    """Every text and number, and every key, of a value."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _scalars(item)
    elif isinstance(value, list):
        for item in value:
            yield from _scalars(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _decoded(data: str) -> str:
    with suppress(ValueError):
        return base64.b64decode(data, validate=True).decode("utf-8", "replace")
    return ""
