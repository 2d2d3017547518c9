"""The step provenance, and what `verify-chart` finds of it: statements that refer to a package (docs/provenance.md)."""

from importlib.metadata import version

from jetscale_cicd.act.context import ActContext, Skipped
from jetscale_cicd.context import RunContext
from jetscale_cicd.decide.release.claims import Expected, Unreadable, differing, read_claims
from jetscale_cicd.decide.release.provenance import MEDIA_TYPE, PREDICATE, statement
from jetscale_cicd.errors import PublishError
from jetscale_cicd.model.provenance import FoundProvenance, Kept, NotKept, Provenance, Statement
from jetscale_cicd.model.release import Artifact, Present
from jetscale_cicd.planning.lookup import ask
from jetscale_cicd.tools.registry.artifact import Document
from jetscale_cicd.tools.registry.discovery import FoundDocument


def keep_provenance(acting: ActContext) -> str | Skipped:
    """State where the published package comes from, beside it in the registry.

    A registry that takes no such statements is no reason to release nothing: the package is published.

    Raises:
        PublishError: ``PROVENANCE_UNKNOWN``, the registry does not report whether it keeps the statement.
        CannotTellError: nor what it holds.
    """
    registry, artifact = acting.context.registry, acting.artifact()
    reference, referrers = registry.reference(artifact.chart, str(artifact.version)), registry.referrers(artifact.chart)
    answer = ask(registry, artifact.chart, artifact.version)
    if referrers is None or not isinstance(answer, Present):
        return _not_stated(acting, f"{reference} keeps no statements")
    if answer.digest != artifact.digest:
        return _not_stated(acting, f"{reference} holds another archive of this content, which this run did not make")
    document = Document(
        name=f"{artifact.chart}-{artifact.version}.provenance.json",
        media_type=MEDIA_TYPE,
        predicate=PREDICATE,
        content=statement(_provenance(acting, artifact, answer)),
    )
    match referrers.attach(answer.manifest, document):
        case Kept(digest=digest):
            return f"{digest} states commit {artifact.commit[:12]} (unsigned)"
        case NotKept(why=why):
            return _not_stated(acting, f"the registry takes no statement: {why}")
        case unknown:
            raise PublishError(
                "PROVENANCE_UNKNOWN",
                f"whether the registry keeps the statement is not known: {unknown.why}",
                where=reference,
                hint=f"the package is complete; what refers to it: jetscale-cicd verify-chart {acting.release.tag}",
            )


def _not_stated(acting: ActContext, why: str) -> Skipped:
    acting.context.announce(f"! no provenance: {why}")
    return Skipped(why)


def _provenance(acting: ActContext, artifact: Artifact, answer: Present) -> Provenance:
    context, event = acting.context, acting.context.request.event
    return Provenance(
        chart=artifact.chart,
        version=artifact.version,
        tag=acting.release.tag,
        path=context.settings.chart.path,
        commit=artifact.commit,
        source=context.packager.source(artifact.version),
        package=answer.digest,
        manifest=answer.manifest,
        ci=event.ci,
        # A registry is read by more people than the log of a run.
        run=event.run_url if context.redact(event.run_url) == event.run_url else "",
        tool=version("jetscale_cicd"),
    )


def find_provenance(context: RunContext, expected: Expected) -> FoundProvenance | None:
    """The statements that refer to a published package, compared with it; None where the registry keeps none."""
    referrers = context.registry.referrers(expected.chart)
    if referrers is None:
        return None
    found = referrers.find(expected.manifest, MEDIA_TYPE)
    return FoundProvenance(statements=tuple(_compared(each, expected) for each in found.documents), why=found.why)


def _compared(found: FoundDocument, expected: Expected) -> Statement:
    claims = Unreadable(found.why) if found.why else read_claims(found.content)
    if isinstance(claims, Unreadable):
        return Statement(digest=found.digest, why=claims.why)
    return Statement(digest=found.digest, claims=claims, differs=differing(claims, expected))
