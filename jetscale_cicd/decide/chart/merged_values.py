"""Values of several files, as Helm merges them."""

from collections.abc import Iterable, Mapping

Values = Mapping[str, object]


def merged(files: Iterable[Values]) -> dict[str, object]:
    """Values as Helm merges files: mappings key by key, all else is replaced (Helm, pkg/cli/values)."""
    result: dict[str, object] = {}
    for file in files:
        result = _overlaid(result, file)
    return result


def _overlaid(below: Values, above: Values) -> dict[str, object]:
    result = dict(below)
    for key, value in above.items():
        under = result.get(key)
        result[key] = _overlaid(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return result
