"""What a run acts on is written down: what has no value of its own is an error before anything is done.

The defaults are those of JetScale's own stack. A command that only looks may take them; one that publishes and deploys
would do so to a registry and to namespaces that nobody named.
"""

from pathlib import Path

from jetscale_cicd.config.settings import Settings
from jetscale_cicd.errors import ConfigurationError
from jetscale_cicd.model.shown import shown
from jetscale_cicd.model.target import Target

_HINT = "complete and commit them: what is written in capitals is yours to replace (docs/configuration.md)"


def unset_keys(settings: Settings) -> tuple[str, ...]:
    """The dotted keys that a run needs and that nothing sets, in the order of the file.

    Of a target they are its release and where that is: ``namespace``, or ``client_name`` and ``env``.
    """
    keys = () if settings.sets("chart.registry") else ("chart.registry",)
    return (*keys, *(key for target in (*settings.targets, *settings.needed) for key in _of_target(settings, target)))


def _of_target(settings: Settings, target: Target) -> tuple[str, ...]:
    prefix = f"targets.{target.name}"
    place: tuple[str, ...] = ()
    if not settings.sets(f"{prefix}.namespace"):
        missing = tuple(key for key in ("client_name", "env") if getattr(target, key) is None)
        place = ("namespace",) if len(missing) > 1 else missing
    release = () if settings.sets(f"{prefix}.release") else ("release",)
    return tuple(f"{prefix}.{key}" for key in (*place, *release))


def check_required(settings: Settings, file: Path | None) -> None:
    """Refuse to act on defaults.

    Args:
        file: that of ``--config``; None for ``.stage6.yaml`` of the commit.

    Raises:
        ConfigurationError: ``CONFIG_INCOMPLETE``, with every key that is missing, as lines to paste.
    """
    keys = unset_keys(settings)
    if keys:
        raise ConfigurationError(
            "CONFIG_INCOMPLETE",
            f"a run acts on what is written down, and nothing sets {', '.join(keys)}",
            where=shown(str(file or ".stage6.yaml")),
            hint=_HINT,
            details=(*_lines(keys), *settings.notes),
        )


def _lines(keys: tuple[str, ...]) -> tuple[str, ...]:
    """The keys as YAML, with placeholders that are no valid values: a line that is only pasted is refused."""
    lines: list[str] = []
    above: tuple[str, ...] = ()
    for key in keys:
        *parents, name = key.split(".")
        for depth, parent in enumerate(parents):
            if above[: depth + 1] != tuple(parents[: depth + 1]):
                lines.append(f"{'  ' * depth}{parent}:")
        above = tuple(parents)
        value = "oci://HOST/PATH" if name == "registry" else name.upper()
        lines.append(f"{'  ' * len(parents)}{name}: {value}")
    return tuple(lines)
