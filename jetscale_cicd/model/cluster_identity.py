"""What tells a cluster from every other one."""

import re

from jetscale_cicd.model.record import frozen

# The last part of the name of a ref that records a cluster.
CLUSTER_RECORD = re.compile(r"uid-[0-9a-zA-Z-]{1,64}|ca-[0-9a-f]{64}")


@frozen(kw_only=True)
class ClusterIdentity:
    """What tells a cluster from every other one; a part that was not asked for is as one that is not known.

    Args:
        server: address of the API server, without a slash at its end; "" where it is not known.
        authorities: SHA-256 of each certificate that the API server's is checked with, in hexadecimal, sorted; none
            where those of the system are taken.
        uid: of the namespace kube-system, which lives as long as its cluster; None where this run may not read it.
    """

    server: str = ""
    authorities: tuple[str, ...] = ()
    uid: str | None = None

    @property
    def record(self) -> str:
        """What is recorded of it, as a part of the name of a ref; "" where nothing is known that could be."""
        if self.uid:
            return f"uid-{self.uid}"
        return f"ca-{self.authorities[0]}" if self.authorities else ""
