"""Every function that reads what somebody else wrote, how it is called, what it may raise, and ordinary input for it.

``test_boundaries.py`` proves that none is missing.
"""

from tests.fuzz import answers, charts, cluster, configuration, preflight, releases, vaults
from tests.fuzz.boundary import Boundary

BOUNDARIES: dict[str, Boundary] = {
    **configuration.BOUNDARIES,
    **charts.BOUNDARIES,
    **releases.BOUNDARIES,
    **cluster.BOUNDARIES,
    **answers.BOUNDARIES,
    **vaults.BOUNDARIES,
    **preflight.BOUNDARIES,
}
