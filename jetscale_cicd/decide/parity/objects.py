"""The manifests of two targets: objects, images and fields that differ by more than the names of the targets."""

from collections.abc import Iterator, Mapping, Sequence

from jetscale_cicd.decide.cluster.manifest_diff import containers
from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.decide.parity.fields import field_differences
from jetscale_cicd.decide.parity.names import Names, common
from jetscale_cicd.decide.parity.veil import Veil
from jetscale_cicd.model.parity import Difference, DifferenceKind, Side
from jetscale_cicd.model.record import replace

_Named = dict[str, list[Manifest]]


def manifest_differences(
    one: Sequence[Manifest], other: Sequence[Manifest], names: Names, veil: Veil
) -> dict[str, Difference]:
    """Each object that one alone has, and of the others each image and each field; namespaces are not compared.

    Args:
        veil: what may be shown of a field.
    """
    left, right = _by_kind(one), _by_kind(other)
    found: dict[str, Difference] = {}
    for kind in sorted(left.keys() | right.keys()):
        for each in _of_kind(kind[1], left.get(kind, {}), right.get(kind, {}), names, veil):
            # Of one kind in two groups, or of several objects with one name, none is lost.
            seen = found.get(each.id, each)
            found[each.id] = replace(seen, one=seen.one or each.one, other=seen.other or each.other)
    return found


def _by_kind(manifests: Sequence[Manifest]) -> dict[tuple[str, str], _Named]:
    """By group and kind, then by name; several of one name are distinguished by their order."""
    found: dict[tuple[str, str], _Named] = {}
    for each in manifests:
        group = each.api_version.rpartition("/")[0]
        found.setdefault((group, each.kind), {}).setdefault(each.name, []).append(each)
    return found


def _of_kind(kind: str, left: _Named, right: _Named, names: Names, veil: Veil) -> Iterator[Difference]:
    for mine, theirs in names.paired(left, right):
        ones, others = ([] if mine is None else left[mine]), ([] if theirs is None else right[theirs])
        title = f"{kind}/{common(*(name for name in (mine, theirs) if name is not None))}"
        if len(ones) != len(others):
            yield Difference(kind=DifferenceKind.OBJECT, subject=title, one=_count(ones), other=_count(others))
        for one, other in zip(ones, others, strict=False):
            yield from _images(title, one, other, veil)
            yield from field_differences(title, one.document, other.document, names, veil)


def _count(objects: Sequence[Manifest]) -> Side | None:
    if not objects:
        return None
    return Side(objects[0].api_version + (f", {len(objects):,} times" if len(objects) > 1 else ""))


def _images(title: str, one: Manifest, other: Manifest, veil: Veil) -> Iterator[Difference]:
    mine, theirs = _images_of(one.document), _images_of(other.document)
    for container in sorted(mine.keys() | theirs.keys()):
        if mine.get(container) != theirs.get(container):
            sides = (_image(images.get(container), veil) for images in (mine, theirs))
            yield Difference(
                kind=DifferenceKind.IMAGE, subject=f"{title}/{container}", one=next(sides), other=next(sides)
            )


def _images_of(document: Mapping[str, object]) -> dict[str, str]:
    return dict(containers(document))


def _image(image: str | None, veil: Veil) -> Side | None:
    return None if image is None else Side(veil.text(image))
