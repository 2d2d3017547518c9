"""Why a path counts, whether it changed or not."""

from collections.abc import Sequence

from jetscale_cicd.config.settings import Settings
from jetscale_cicd.decide.chart.helmignore import HelmIgnore
from jetscale_cicd.decide.classify import UNCHANGED, ChartRules, chart_reasons, values_reasons
from jetscale_cicd.model.change import Change
from jetscale_cicd.model.plan import Reason
from jetscale_cicd.observe.git.files import read_files
from jetscale_cicd.observe.git.repository import Repository
from jetscale_cicd.planning.remarks import CONFIG


def explain_paths(
    repository: Repository, settings: Settings, commit: str, paths: Sequence[bytes]
) -> tuple[Reason, ...]:
    """Every scope that each path belongs to at a commit; a path that is not watched gets a reason, too.

    Raises:
        ConfigurationError: the chart's ``.helmignore`` is not valid for helm.
    """
    chart = settings.chart
    file = f"{chart.path}/.helmignore"
    text = (read_files(repository, commit, (file,))[0] or b"").decode("utf-8", "surrogateescape")
    rules = ChartRules(path=chart.path, watch=chart.watched, ignored=(HelmIgnore.parse(text, file),))
    return tuple(reason for path in paths for reason in _reasons(path, rules, settings))


def _reasons(path: bytes, rules: ChartRules, settings: Settings) -> tuple[Reason, ...]:
    if path == CONFIG.encode():
        why = "a run compares what it says of each target with what is deployed there"
        return (Reason(scope="configuration", why=why, counts=True, path=path),)
    change = [Change(UNCHANGED, path, "", "", "", "")]
    values = (reason for target in settings.targets for reason in values_reasons(change, target))
    unwatched = Reason(scope="none", why="not watched by any scope", counts=False, path=path)
    return (*chart_reasons(change, rules), *values) or (unwatched,)
