"""The settings of a repository without `.stage6.yaml`, and where each value of settings is from.

A module of its own, because a decision without a file needs nothing that reads one.
"""

from collections.abc import Mapping

from jetscale_cicd.config.parity_settings import ParitySettings
from jetscale_cicd.config.release_settings import ReleaseSettings
from jetscale_cicd.config.settings import ChartSettings, Settings
from jetscale_cicd.model.record import fields, replace
from jetscale_cicd.model.target import Target


def default_settings() -> Settings:
    """The settings without a file; every origin is ``default``."""
    return with_origins(Settings(), {})


def with_origins(settings: Settings, written: Mapping[str, str]) -> Settings:
    """The settings with the origin of each value.

    Args:
        written: of each value that a file gives, by its dotted key; every other one is ``default``.
    """
    keys = [f"chart.{each.name}" for each in fields(ChartSettings)]
    keys += [f"release.{each.name}" for each in fields(ReleaseSettings)]
    keys += [f"parity.{each.name}" for each in fields(ParitySettings)]
    for target in settings.targets:
        keys += [f"targets.{target.name}.{each.name}" for each in fields(Target) if each.name != "name"]
    return replace(settings, origins={key: written.get(key, "default") for key in keys})
