"""A chart that renders without end, or takes all memory, is an error of that chart, with its place."""

import sys
from pathlib import Path

import pytest

from jetscale_cicd.engines import template
from jetscale_cicd.engines.template import Renderer
from jetscale_cicd.errors import DeployError
from jetscale_cicd.model.target import Target
from jetscale_cicd.tools.helm import Helm
from jetscale_cicd.tools.limits import MEMORY_VARIABLE
from jetscale_cicd.tools.process import Processes
from jetscale_cicd.tools.redact import Redactor
from tests.support.archives import tgz

ENDLESS = "{{ range $i := until 200000 }}{{ range $j := until 200000 }}{{ end }}{{ end }}"
LARGE = '{{ range $i := until 100000 }}{{ repeat 100000 "x" }}{{ end }}'
PLACE = "target live: a.yaml, b.yaml"


def refusal(directory: Path, helm: Path, text: str, timeout: int = 1200) -> DeployError:
    """The error of a chart with one template."""
    chart = directory / "c-1.0.0.tgz"
    chart.write_bytes(tgz(("c/templates/x.yaml", text.encode(), {})))
    target = Target(name="live", namespace="n", release="r", values=("a.yaml", "b.yaml"), timeout=timeout)
    program = Helm(Processes(Redactor(), lambda _: None), directory, network=False, binary=str(helm))
    with pytest.raises(DeployError) as refused:
        Renderer(helm=program, target=target, chart=chart, values=()).render()
    return refused.value


def test_a_chart_that_renders_without_end_is_stopped_whatever_the_target_allows(
    tmp_path: Path, helm4: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template, "MAX_RENDER_SECONDS", 1)
    error = refusal(tmp_path, helm4, ENDLESS)
    assert (error.code, error.where, "timeout" in error.hint) == ("RENDER_TIMEOUT", PLACE, False)


@pytest.mark.slow
def test_a_target_with_less_time_is_told_how_to_get_more(tmp_path: Path, helm4: Path) -> None:
    error = refusal(tmp_path, helm4, ENDLESS, timeout=1)
    assert (error.code, error.where, "targets.live.timeout" in error.hint) == ("RENDER_TIMEOUT", PLACE, True)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux alone")
def test_a_chart_that_takes_all_memory_is_named(tmp_path: Path, helm4: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MEMORY_VARIABLE, "512")
    error = refusal(tmp_path, helm4, LARGE)
    assert (error.code, error.where, MEMORY_VARIABLE in error.hint) == ("RENDER_LIMIT", PLACE, True)
