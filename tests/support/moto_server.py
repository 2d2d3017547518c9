"""The program behind `tests.support.moto`: moto's server, which refuses like AWS.

To a service whose protocol is JSON, moto refuses in XML, and a client finds no reason in that.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple
from werkzeug.wrappers import Response

# AWS, "Common errors" of Secrets Manager; moto has the names of services whose protocol is XML.
_CODES = {
    "AccessDenied": "AccessDeniedException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
}
_REFUSAL = re.compile(r"<Code>([^<]*)</Code>\s*<Message>([^<]*)</Message>")
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def refusing_in_json(application: Application) -> Application:
    """An application whose refusals are what a client of a JSON service can read."""

    def answer(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if "HTTP_X_AMZ_TARGET" not in environ:
            return application(environ, start)
        response = Response.from_app(application, environ, buffered=True)
        found = _REFUSAL.search(response.get_data(as_text=True)) if response.status_code == 403 else None
        if found:
            body = {"__type": _CODES.get(found[1], found[1]), "Message": found[2]}
            response = Response(json.dumps(body), 400, content_type="application/x-amz-json-1.1")
        return response(environ, start)

    return answer


if __name__ == "__main__":
    served = refusing_in_json(DomainDispatcherApplication(create_backend_app))
    run_simple("127.0.0.1", int(sys.argv[1]), served, threaded=True)
