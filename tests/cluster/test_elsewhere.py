"""A release that is in another namespace already, by the labels that a real helm gave its Secrets."""

from pathlib import Path

from tests.cluster.stack import stack
from tests.support.control_plane import Cluster

FILE = ".stage6.yaml"


def test_a_second_release_of_that_name_is_named_before_it_is_installed(
    cluster: Cluster, namespace: str, helm: Path, tmp_path: Path
) -> None:
    live = stack(tmp_path, cluster, namespace, helm)
    live.sample.edit("chore: a name of its own", FILE, 'release: "app"', f'release: "r-{namespace}"')
    assert "RELEASE_ELSEWHERE" not in live.run().stderr
    env = namespace.partition("-")[2]
    cluster.namespace(f"{namespace}-b")
    live.sample.edit("chore: another namespace", FILE, f'env: "{env}"', f'env: "{env}-b"')
    ended = live.run()
    assert ended.status == 0, ended.stderr
    (warned,) = (each for each in ended.json["preconditions"] if each["id"] == "elsewhere")
    assert (warned["state"], warned["error"]["code"]) == ("warning", "RELEASE_ELSEWHERE")
    assert f"in {namespace}:" in warned["error"]["message"]
    lines = ended.stderr.splitlines()
    named, deployed = (next(n for n, line in enumerate(lines) if word in line) for word in ("ELSEWHERE", "deploy live"))
    assert named < deployed
