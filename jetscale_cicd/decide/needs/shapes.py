"""Parts of a manifest, whatever a chart rendered in their place: what is of another type is taken for absent."""

from collections.abc import Iterator

Part = dict[str, object]


def part(value: object, *path: str) -> Part:
    """The mapping below a value, at a path of keys; empty where there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def parts(value: object, key: str = "") -> Iterator[Part]:
    """The mappings of a list, or of the list at a key of a mapping."""
    found = part(value).get(key) if key else value
    yield from (each for each in found if isinstance(each, dict)) if isinstance(found, list) else ()


def words(value: object) -> tuple[str, ...]:
    """The texts of a list."""
    return tuple(each for each in value if isinstance(each, str) and each) if isinstance(value, list) else ()


def text(value: object, key: str) -> str:
    """The text at a key of a mapping; "" where there is none."""
    found = part(value).get(key)
    return found if isinstance(found, str) else ""


def annotation(document: Part, name: str) -> str:
    """An annotation of an object; "" where it has none."""
    return text(part(document, "metadata", "annotations"), name)
