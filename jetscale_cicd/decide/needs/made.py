"""What a release makes itself, when, and until when."""

from collections.abc import Iterator, Mapping, Sequence

from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.decide.needs.hooks import Deploy, Moment, Phase, last_moment, user_of
from jetscale_cicd.decide.needs.need import Need, Thing, Use, User, thing_of
from jetscale_cicd.decide.needs.products import Keys, Product, kinds_of, products, replicated
from jetscale_cicd.model.record import field, frozen, replace

# Groups of Kubernetes itself: what their kinds make is known here.
_KNOWN_GROUPS = frozenset(
    {*("", "apps", "autoscaling", "batch", "extensions", "policy"), "external-secrets.io", "cert-manager.io"}
)


@frozen
class Made:
    """One thing that a release makes, and by which of its objects."""

    product: Product
    by: User

    @property
    def keys(self) -> Keys:
        """Of a Secret or a ConfigMap; None where they are not known."""
        return self.product.keys


@frozen
class Release:
    """All that a release makes.

    Args:
        things: what it makes, several times where hooks make it, too.
        added: the keys that it adds to what somebody else makes.
        kinds: API versions with kinds, by their CRDs.
        operated: its objects of kinds of which it is not known what they make.
    """

    things: Mapping[Thing, tuple[Made, ...]] = field(default_factory=dict, hash=False)
    added: Mapping[Thing, tuple[Made, ...]] = field(default_factory=dict, hash=False)
    kinds: Mapping[tuple[str, str], tuple[User, ...]] = field(default_factory=dict, hash=False)
    operated: tuple[tuple[Thing, User], ...] = ()

    def in_time(self, need: Need, deploy: Deploy) -> bool:
        """Whether it makes what is needed before that is waited for."""
        return all(self._is_there(need, moment, deploy) for moment in needed_at(need, deploy))

    def later(self, need: Need, deploy: Deploy) -> Made | None:
        """What it makes of that at any time of a deploy, which is too late, or gone by then."""
        found = (made for made in self.things.get(need.thing, ()) if _has(made.keys, need.key))
        return next((made for made in found if any(deploy.moments(made.by))), None)

    def _is_there(self, need: Need, moment: Moment, deploy: Deploy) -> bool:
        return any(
            _has(made.keys, need.key) and is_between(made.by, moment, deploy)
            for made in self.things.get(need.thing, ())
        )

    def keys_of(self, thing: Thing) -> frozenset[str]:
        """Keys that the release gives to a thing, as far as they are known."""
        makers = (*self.things.get(thing, ()), *self.added.get(thing, ()))
        return frozenset(key for made in makers for key in made.keys or ())

    def adds(self, thing: Thing, key: str) -> bool:
        """Whether it adds a key to what somebody else makes."""
        return any(_has(made.keys, key) for made in self.added.get(thing, ()))

    def operators_of(self, thing: Thing) -> tuple[User, ...]:
        """Objects of the release after which a thing is named, so that their operator may make it."""
        names = ((each, user) for each, user in self.operated if each.namespace == thing.namespace)
        return tuple(user for each, user in names if thing.name == each.name or thing.name.startswith(f"{each.name}-"))


def made_by(manifests: Sequence[Manifest], namespace: str) -> Release:
    """What the objects of a release make.

    Args:
        namespace: of the release.
    """
    things: dict[Thing, tuple[Made, ...]] = {}
    added: dict[Thing, tuple[Made, ...]] = {}
    kinds: dict[tuple[str, str], tuple[User, ...]] = {}
    operated: list[tuple[Thing, User]] = []
    for manifest in manifests:
        this, user = thing_of(manifest, namespace), user_of(manifest, namespace)
        for product in (*products(manifest.document, this), *replicated(manifest.document, this, namespace)):
            # What the program of a Job made stays when Helm deletes the Job.
            by = replace(user, policies=()) if this.kind == "Job" and product.thing != this else user
            held = added if product.merges else things
            held[product.thing] = (*held.get(product.thing, ()), Made(product, by))
        if this.kind == "CustomResourceDefinition":
            for kind in kinds_of(manifest.document):
                kinds[kind] = (*kinds.get(kind, ()), user)
        if this.group not in _KNOWN_GROUPS and not this.group.endswith(".k8s.io"):
            operated.append((this, user))
    return Release(things, added, kinds, tuple(operated))


def is_between(maker: User, moment: Moment, deploy: Deploy) -> bool:
    """Whether what an object makes is there at a moment of a deploy."""
    return any(
        (made < moment or made == moment == Moment(Phase.OBJECTS)) and moment <= last_moment(maker, made)
        for made in deploy.moments(maker)
    )


def needed_at(need: Need, deploy: Deploy) -> Iterator[Moment]:
    """When something has to be there; for what Helm does not wait for, before the end of its deploy.

    The namespace of an object has to be there when that is made.
    """
    for moment in deploy.moments(need.user):
        yield moment if need.user.runs or need.use is Use.NAMESPACE else Moment(Phase.TESTS, 1 << 31)


def needed_before(need: Need, deploy: Deploy) -> Iterator[Moment]:
    """When the API server has to serve the kind of an object: Helm asks for those of the release before any hook."""
    for moment in deploy.moments(need.user):
        is_object = moment.phase is Phase.OBJECTS
        yield Moment(Phase.BEFORE, -(1 << 31)) if is_object else moment


def _has(keys: Keys, key: str) -> bool:
    return not key or keys is None or key in keys
