"""Two renders of a release compared object by object: what the change does, apart from what differs anyway."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from jetscale_cicd.decide.cluster.manifest_text import masked, object_lines
from jetscale_cicd.decide.cluster.manifests import Key, Manifest
from jetscale_cicd.model.record import field, frozen
from jetscale_cicd.model.simulation import ChangeKind, ImageChange, ObjectChange, OnlyDiffers

# Labels and annotations that `helm create`, and the charts that follow it, write the chart's version into.
_STAMPED = ("helm.sh/chart", "app.kubernetes.io/version", "chart")
# Where the API server refuses a change, of labels too: an upgrade fails there.
_IMMUTABLE = {"Job": "template", "StatefulSet": "volumeClaimTemplates"}
_MARK = "(different in every render)"
_CONTEXT = 2
# Where two values differ: {key or position: the same, or None where the whole value does}.
_Tree = dict[object, "_Tree | None"]


@frozen
class Unstable:
    """What differs between two renders of the same input.

    Args:
        paths: where, per object that both renders have.
        names: the objects that one of them has.
    """

    paths: "dict[Key, _Tree | None]" = field(default_factory=dict)
    names: frozenset[Key] = frozenset()


STABLE = Unstable()


def compare_renders(one: Sequence[Manifest], other: Sequence[Manifest]) -> Unstable:
    """What differs between two renders of the same commit: random values, certificates, the time."""
    before, after = _by_key(one), _by_key(other)
    common = (key for key in before.keys() & after.keys() if before[key] != after[key])
    return Unstable(
        {key: _differences(before[key], after[key]) for key in common}, frozenset(before.keys() ^ after.keys())
    )


def compare_manifests(
    old: Sequence[Manifest],
    new: Sequence[Manifest],
    mask_key: bytes,
    versions: tuple[str, str] = ("", ""),
    unstable: Unstable = STABLE,
    *,
    hide: Callable[[str], str] = str,
) -> tuple[ObjectChange, ...]:
    """Every object that differs, in order of kind and name.

    Args:
        mask_key: random bytes of this run (``manifest_text.masked``).
        versions: of the chart before and after, as charts write them into labels.
        unstable: what differs in every render.
        hide: masks known secrets in a string (``manifest_text.masked``).
    """
    before, after = _by_key(old), _by_key(new)
    hooks = {manifest.key: manifest.hook for manifest in (*old, *new)}
    pairs = {
        key: _Pair(key, before.get(key, []), after.get(key, []), unstable, versions)
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    }
    # A checksum is of what another object holds; where one of those changed, it may be the change.
    checksums_count = any(pair.only(checksums_count=False) is None for pair in pairs.values())
    return tuple(
        pair.change(hooks[pair.key], pair.only(checksums_count=checksums_count), partial(_lines, mask_key, hide))
        for pair in pairs.values()
    )


def compare_images(old: Sequence[Manifest], new: Sequence[Manifest]) -> tuple[ImageChange, ...]:
    """Every container whose image differs."""
    before, after = _images(old), _images(new)
    return tuple(
        ImageChange(subject=place[0], container=place[1], before=before.get(place), after=after.get(place))
        for place in sorted(before.keys() | after.keys())
        if before.get(place) != after.get(place)
    )


@frozen
class _Pair:
    """The documents of one object before and after, where they differ."""

    key: Key
    old: list[dict[str, object]]
    new: list[dict[str, object]]
    unstable: Unstable
    versions: tuple[str, str]

    @property
    def kind(self) -> ChangeKind:
        if not self.old:
            return ChangeKind.ADDED
        return ChangeKind.CHANGED if self.new else ChangeKind.REMOVED

    def stable(self) -> tuple[object, object]:
        """Both sides, with a mark in place of what differs in every render."""
        tree = self.unstable.paths.get(self.key, {})
        return _marked(self.old, tree), _marked(self.new, tree)

    def only(self, *, checksums_count: bool) -> OnlyDiffers | None:
        if self.key in self.unstable.names:
            return OnlyDiffers.EVERY_RENDER
        if self.kind is not ChangeKind.CHANGED:
            return None
        one, other = self.stable()
        if one == other:
            return OnlyDiffers.EVERY_RENDER
        stamps = _Stamps(*self.versions, immutable=_IMMUTABLE.get(self.key[1]), checksums_count=checksums_count)
        return OnlyDiffers.CHART_LABELS if stamps.explain(one, other) else None

    def change(self, hook: str, only: OnlyDiffers | None, lines: "Callable[[object], list[str]]") -> ObjectChange:
        _, kind, namespace, name = self.key
        hunks = () if only else tuple(_hunks(*map(lines, self.stable())))
        return ObjectChange(
            kind=kind, name=name, namespace=namespace, change=self.kind, hook=hook, hunks=hunks, only=only
        )


@frozen
class _Stamps:
    """The chart's versions before and after, as labels hold them."""

    before: str
    after: str
    immutable: str | None
    checksums_count: bool

    def explain(self, one: object, other: object, path: tuple[object, ...] = ()) -> bool:
        """Whether two values differ in labels and annotations alone, and there by the version of the chart."""
        if one == other:
            return True
        if isinstance(one, dict) and isinstance(other, dict):
            same_keys = one.keys() == other.keys()
            return same_keys and all(self.explain(one[key], other[key], (*path, key)) for key in one)
        if isinstance(one, list) and isinstance(other, list):
            same_length = len(one) == len(other)
            return same_length and all(self.explain(*both, (*path, 0)) for both in zip(one, other, strict=True))
        if not (isinstance(one, str) and isinstance(other, str) and len(path) > 1):
            return False
        if path[-2] not in ("labels", "annotations") or self.immutable in path:
            return False
        name = str(path[-1])
        if "checksum" in name:
            return not self.checksums_count
        return name in _STAMPED or bool(self.before and one.replace(self.before, self.after) == other)


def _differences(one: object, other: object) -> "_Tree | None":
    """Where two values differ; {} where they do not, None where they are of another shape."""
    if one == other:
        return {}
    if isinstance(one, dict) and isinstance(other, dict):
        keys: set[object] = {*one, *other}
        pairs = ((key, _differences(one.get(key), other.get(key))) for key in keys)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = ((number, _differences(*both)) for number, both in enumerate(zip(one, other, strict=True)))
    else:
        return None
    return {key: tree for key, tree in pairs if tree is None or tree}


def _marked(value: object, tree: "_Tree | None") -> object:
    if tree is None:
        return _MARK
    if isinstance(value, dict):
        return {key: _marked(item, tree[key]) if key in tree else item for key, item in value.items()}
    if isinstance(value, list):
        return [_marked(item, tree[number]) if number in tree else item for number, item in enumerate(value)]
    return value


def _hunks(before: list[str], after: list[str]) -> Iterator[str]:
    import difflib

    lines = difflib.unified_diff(before, after, lineterm="", n=_CONTEXT)
    yield from list(lines)[2:]  # without the two names


def _lines(mask_key: bytes, hide: Callable[[str], str], documents: object) -> list[str]:
    lines: list[str] = []
    for document in documents if isinstance(documents, list) else []:
        lines += [*(["---"] if lines else []), *object_lines(masked(document, mask_key, hide))]
    return lines


def _by_key(manifests: Sequence[Manifest]) -> dict[Key, list[dict[str, object]]]:
    """Documents by object; several under one key (``generateName``) are distinguished by their order."""
    documents: dict[Key, list[dict[str, object]]] = {}
    for manifest in manifests:
        documents.setdefault(manifest.key, []).append(manifest.document)
    return documents


def _images(manifests: Sequence[Manifest]) -> dict[tuple[str, str], str]:
    return {
        (f"{manifest.kind}/{manifest.name}", container): image
        for manifest in manifests
        for container, image in containers(manifest.document)
    }


def containers(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Name and image of every container, however deep; of a field ``image`` elsewhere the key around it."""
    if isinstance(value, list):
        for item in value:
            yield from containers(item, name)
    elif isinstance(value, dict):
        image = value.get("image")
        if isinstance(image, str):
            yield str(value.get("name") or name), image
        for key, item in value.items():
            yield from containers(item, str(key))
