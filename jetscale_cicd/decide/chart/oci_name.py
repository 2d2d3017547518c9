"""Names that an OCI registry takes; a chart may have others (OCI distribution spec 1.1, "Pulling manifests")."""

import re

from jetscale_cicd.config.settings import OCI_COMPONENT
from jetscale_cicd.errors import ConfigurationError

# The distribution project's limit for the path of a repository; its specification names it as that of many clients.
_MAX_REPOSITORY = 255


def check_oci_name(chart: str, registry: str, where: str) -> None:
    """Refuse the name of a chart with which an OCI registry has no repository.

    Args:
        chart: the name in Chart.yaml.
        registry: where versions are published; a directory takes every name.
        where: the path of Chart.yaml.

    Raises:
        ConfigurationError: ``CHART_NAME_OCI``.
    """
    if not registry.startswith("oci://"):
        return
    path = registry.removeprefix("oci://").partition("/")[2]
    repository = f"{path}/{chart}" if path else chart
    if re.fullmatch(OCI_COMPONENT, chart) and len(repository) <= _MAX_REPOSITORY:
        return
    proposal = re.sub(r"[^a-z0-9]+", "-", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", chart).lower()).strip("-")
    if len(repository) > _MAX_REPOSITORY:
        why, remedy = f"{repository[:60]}… is longer than {_MAX_REPOSITORY} characters", "shorten it"
    else:
        why = "it takes lower-case letters and digits, with '.', '-', '_' or '__' between them"
        remedy = f"write `name: {proposal or 'app'}`"
    raise ConfigurationError(
        "CHART_NAME_OCI",
        f"an OCI registry has no place for a chart called {chart[:80]!r}: {why}",
        where=where,
        hint=f"{remedy}, or publish to a directory: chart.registry",
    )
