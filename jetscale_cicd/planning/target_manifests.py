"""A target's manifests as a deploy would have them, rendered before anything is changed."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from jetscale_cicd.context import RunContext
from jetscale_cicd.decide.cluster.deploy_record import nested, record_values
from jetscale_cicd.engines.engine import Rendered
from jetscale_cicd.engines.table import engine_of
from jetscale_cicd.model.live import Deployed
from jetscale_cicd.model.release import Release
from jetscale_cicd.model.target import Target
from jetscale_cicd.observe.git.values import Values, read_values
from jetscale_cicd.observe.secret_values import secrets_of, stand_ins


def render_target(
    context: RunContext,
    target: Target,
    archive: Path,
    commit: str,
    more: Sequence[object] = (),
    *,
    preview: bool = False,
) -> Rendered:
    """Render the manifests of a target.

    Args:
        archive: of the chart.
        commit: has the values files.
        more: values that overlay them.
        preview: they are shown, and not deployed (``Engine.render``).

    Raises:
        ConfigurationError: values that cannot be used.
        DeployError: ``RENDER_FAILED``, ``RENDER_TIMEOUT`` or ``RENDER_LIMIT``.
        CannotTellError: they depend on a cluster that cannot be asked.
    """
    values = read_values(context.repository, commit, target)
    with written_values(values, context.secret_scratch / f"values-{commit[:12]}-{target.name}", more) as files:
        return engine_of(target).render(context, target, archive, files, preview=preview)


def render_deploy(context: RunContext, target: Target, archive: Path, release: Release, head: str) -> bytes:
    """Render what a deploy of this run would have, with its secrets and, where it keeps one there, a record.

    Of an engine that keeps no record in values it is what the deploy takes, byte by byte.

    Raises:
        PreconditionError: ``SECRET_UNSET``.
        Stage6Error: as ``render_target``.
    """
    # Who only looks may lack the secrets; that a run lacks one is a precondition of its own.
    secrets = secrets_of(target) if context.request.acts else stand_ins(target)
    more: list[object] = [nested(secrets)] if secrets else []
    if engine_of(target).keeps_record_in_values:  # a schema of the chart may refuse it
        digest = read_values(context.repository, head, target).digest
        record = Deployed(version=str(release.version), commit=head, digest="", values_digest=digest)
        more.append(record_values(record, context.request.event.run_url, ""))
    rendered = render_target(context, target, archive, head, more)
    for note in rendered.notes:
        context.announce(f"! {target.name}: {note}")
    context.rendered[target.name, str(archive)] = rendered.manifests
    return rendered.manifests


@contextmanager
def written_values(values: Values, directory: Path, more: Sequence[object]) -> Iterator[tuple[Path, ...]]:
    """Values files in Helm's order, removed at the end: what overlays them may be secret.

    Args:
        more: values that overlay them, in this order.
    """
    files = list(values.write(directory))
    try:
        for number, each in enumerate(more, len(files)):
            file = directory / f"{number}.yaml"
            file.touch(mode=0o600)
            files.append(file)
            file.write_text(json.dumps(each))
        yield tuple(files)
    finally:
        for file in files:
            file.unlink(missing_ok=True)
