"""What does not hold for the definitions of a package before a deploy, in errors; and what a run is going to apply."""

import shlex
from collections.abc import Iterable, Iterator, Sequence

from jetscale_cicd.decide.cluster.definitions import (
    DEFINITION,
    Obstacle,
    PackagedDefinition,
    is_definition,
    kind_of,
    listed,
    obstacles,
    owner_of,
    release_of,
)
from jetscale_cicd.decide.cluster.helm_marks import RESOURCE_POLICY, keeps
from jetscale_cicd.decide.cluster.manifests import Manifest
from jetscale_cicd.decide.fields import Object, annotation
from jetscale_cicd.errors import PreconditionError
from jetscale_cicd.model.record import frozen

_MOST_FIELDS = 6
_CHARTS = "/charts/"
Seen = tuple[PackagedDefinition, Object | None]


@frozen(kw_only=True)
class DefinitionReview:
    """What a deploy does about the definitions of its package.

    Args:
        seen: each definition, and what the cluster has of it.
        release: namespace and name of the release.
        installs: it is the first deploy, in which helm makes what is not there.
        applies: the run applies what is not as packaged.
        manifests: the objects that are deployed.
        deployed: the objects of the revision that a deploy begins with.
        chart: path of the chart in the repository.
    """

    seen: tuple[Seen, ...]
    release: str
    installs: bool
    applies: bool
    manifests: Sequence[Manifest] = ()
    deployed: Sequence[Manifest] = ()
    chart: str = ""

    def findings(self) -> Iterator[PreconditionError]:
        """Everything because of which a deploy may not begin."""
        for packaged, found in self.seen:
            if error := self._finding(packaged, found):
                yield error

    def notes(self) -> Iterator[str]:
        """What a deploy does about them."""
        made = [packaged.name for packaged, found in self.seen if found is None]
        differing = ((each.name, each.departures(found)) for each, found in self.seen if found is not None)
        changed = [f"{name} ({listed(departs)})" for name, departs in differing if departs]
        if made:
            yield f"{'the run' if self.applies else 'helm'} makes {', '.join(made)}"
        if changed and self.applies:
            yield f"the run changes {', '.join(changed)}"

    def to_apply(self) -> Iterator[Seen]:
        """The definitions that the run applies, where nothing is found of them."""
        for packaged, found in self.seen:
            differs = found is None or packaged.departures(found)
            if self.applies and differs and not self._finding(packaged, found):
                yield packaged, found

    def to_try(self, manifests: Iterable[Manifest]) -> tuple[Manifest, ...]:
        """The manifests that can be tried before: without definitions that are as packaged.

        Of a kind whose definition is not, and does not come with the deploy, nothing can be tried.
        """
        settled = {each.name for each, found in self.seen if found is not None and not each.departures(found)}
        others = [] if self.installs or self.applies else [each for each, _ in self.seen if each.name not in settled]
        kinds = {kind_of(each.document) for each in others}

        def is_left_out(each: Manifest) -> bool:
            return (is_definition(each) and each.name in settled) or (each.group, each.kind) in kinds

        return tuple(each for each in manifests if not is_left_out(each))

    def _finding(self, packaged: PackagedDefinition, found: Object | None) -> PreconditionError | None:
        if found is None:
            return None if self.installs or self.applies else self._missing(packaged)
        if self._is_removed(packaged, found):
            return self._removed(packaged, found)
        departs = packaged.departures(found)
        if not departs:
            return None
        if why := tuple(obstacles(packaged.document or {}, found)):
            return self._blocked(packaged, found, why)
        if not self.applies:
            return self._differs(packaged, found, departs)
        return self._foreign(packaged, found) if release_of(found) not in ("", self.release) else None

    def _is_removed(self, packaged: PackagedDefinition, found: Object) -> bool:
        """Whether the deployed revision has it as an object, which helm removes where the new one does not."""
        before, after = (
            any(is_definition(each) and each.name == packaged.name and not each.hook for each in those)
            for those in (self.deployed, [each for each in self.manifests if not each.is_of_crds])
        )
        return before and not after and not keeps(annotation(found, RESOURCE_POLICY))

    def _missing(self, packaged: PackagedDefinition) -> PreconditionError:
        message = f"{DEFINITION} {packaged.name} is not on the cluster, and helm leaves crds/ out of upgrades"
        return self._error("CRD_MISSING", message, packaged, self._apply_step(packaged))

    def _differs(self, packaged: PackagedDefinition, found: Object, departs: Sequence[str]) -> PreconditionError:
        message = f"{DEFINITION} {packaged.name} is on the cluster, and not as packaged: {departs[0]}"
        more = (*departs[1:_MOST_FIELDS], *_more(departs))
        return self._error("CRD_DIFFERS", message, packaged, self._apply_step(packaged), *more, *_owner(found))

    def _blocked(self, packaged: PackagedDefinition, found: Object, why: Sequence[Obstacle]) -> PreconditionError:
        message = f"{DEFINITION} {packaged.name} cannot become what is packaged: {why[0].why}"
        others = (each.why for each in why[1:])
        return self._error("CRD_CANNOT_CHANGE", message, packaged, why[0].step, *others, *_owner(found))

    def _foreign(self, packaged: PackagedDefinition, found: Object) -> PreconditionError:
        message = f"{DEFINITION} {packaged.name} differs, and is an object of release {release_of(found)}"
        step = "bring it up to date by that release; or take it out of crds/ of the chart; or set crds: ignore"
        return self._error("CRD_FOREIGN", message, packaged, step)

    def _removed(self, packaged: PackagedDefinition, found: Object) -> PreconditionError:
        message = (
            f"helm would remove {DEFINITION} {packaged.name}, with every object of its kind: "
            "the deployed revision has it as an object, and this one in crds/"
        )
        step = f"have helm leave it: kubectl annotate crd {shlex.quote(packaged.name)} {RESOURCE_POLICY}=keep"
        return self._error("CRD_REMOVED", message, packaged, step, *_owner(found))

    def _error(
        self, code: str, message: str, packaged: PackagedDefinition, hint: str, *details: str
    ) -> PreconditionError:
        return PreconditionError(code, message, where=packaged.source or self.release, hint=hint, details=details)

    def _apply_step(self, packaged: PackagedDefinition) -> str:
        """The command that applies it; helm, or whoever made it, owns its fields, which are taken over."""
        apply = "kubectl apply --server-side --force-conflicts -f"
        path = packaged.source.partition("/")[2]
        chart = shlex.quote(self.chart or "CHART")
        if not path or path.startswith(_CHARTS.lstrip("/")):  # in an archive, most often
            step = f"helm dependency build {chart} && helm show crds {chart} | {apply} -"
        else:
            step = f"{apply} {shlex.quote(f'{self.chart}/{path}' if self.chart else path)}"
        return f"{step}; or have the run do it: crds: apply"


def refused_definition(packaged: PackagedDefinition, message: str) -> PreconditionError:
    """The error for a definition that the API server does not take, in its own sentence."""
    return PreconditionError(
        "CRD_REFUSED",
        f"the cluster does not take {DEFINITION} {packaged.name}: {message}",
        where=packaged.source,
        hint="correct it in crds/ of its chart; of a right that lacks, jetscale-cicd preflight shows the rule",
    )


def _owner(found: Object) -> tuple[str, ...]:
    owner = owner_of(found)
    return (f"owner: {owner}",) if owner else ()


def _more(departs: Sequence[str]) -> tuple[str, ...]:
    left = len(departs) - _MOST_FIELDS
    return (f"… and {left} more",) if left > 0 else ()
