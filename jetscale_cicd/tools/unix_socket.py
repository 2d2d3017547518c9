"""HTTP over a Unix socket."""

import socket
from pathlib import Path

import urllib3

# Connections that are kept: as many as checks and their calls are made side by side.
_KEPT = 64


class SocketPool(urllib3.HTTPConnectionPool):
    """Connections to a Unix socket; the host is what `kubectl proxy` lets through by default."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", maxsize=_KEPT)
        self.ConnectionCls = type("_Connection", (_SocketConnection,), {"path": str(path)})


class _SocketConnection(urllib3.connection.HTTPConnection):
    path: str

    def _new_conn(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(5)
            connection.connect(self.path)
        except OSError as refused:
            connection.close()
            raise urllib3.exceptions.NewConnectionError(self, f"{self.path}: {refused.strerror}") from refused
        return connection
