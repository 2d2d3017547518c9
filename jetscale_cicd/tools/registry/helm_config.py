"""The registry configuration for helm: the user's own logins, and the one of the environment beside them."""

import json
from pathlib import Path

from jetscale_cicd.tools.registry.hosts import RegistryHost
from jetscale_cicd.tools.registry.login import CredentialStore, Login, mapping_in


def write_config(login: Login, host: str, store: CredentialStore, file: Path) -> Path:
    """Write what helm reads in place of the user's file, readable only by this user.

    A subchart may come from a registry to which the user has logged in, so no login of the user's is left out; the
    login of the environment counts for its host, whatever the user's file says of that host. A store of all logins
    (``credsStore``) would hide it: helm asks a store for every host that has no helper of its own. So the store becomes
    the helper of each host that it lists.

    Raises:
        ConfigurationError: ``REGISTRY_CONFIG``, the user's file cannot be read.
    """
    key = RegistryHost(host).login_key
    own = store.helm_content()
    helpers = {**store.stored_hosts(own), **mapping_in(own, "credHelpers")}
    content = {
        "auths": {**mapping_in(own, "auths"), key: {"auth": login.basic.removeprefix("Basic ")}},
        "credHelpers": {name: helper for name, helper in helpers.items() if name != key},
    }
    file.touch(mode=0o600)
    file.write_text(json.dumps(content))
    return file
