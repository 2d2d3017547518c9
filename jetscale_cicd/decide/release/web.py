"""The web page of a repository, from the URL of its git remote."""

import re

_HOST = r"(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*)"
_FORMS = (
    re.compile(rf"(?:https?|ssh|git)://(?:[^/\s]*@)?{_HOST}(?::[0-9]+)?/(?P<path>\S+)"),
    # git-clone(1), "GIT URLS": the scp-like form has no scheme and a colon before the path.
    re.compile(rf"(?:[^@/:\s]+@)?{_HOST}:(?P<path>[^/:\s]\S*)"),
)
_PATH = re.compile(r"[A-Za-z0-9._~/-]+")


def web_address(remote: str) -> str:
    """``https://host/owner/name`` for the URL of a remote, "" for a directory; without credentials and port."""
    match = next((match for form in _FORMS if (match := form.fullmatch(remote))), None)
    path = match["path"].strip("/").removesuffix(".git") if match else ""
    # One letter before the colon is a Windows drive, and a host without a dot has no public page.
    return f"https://{match['host'].lower()}/{path}" if match and "." in match["host"] and _PATH.fullmatch(path) else ""
