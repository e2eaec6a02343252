"""The connections under the SDK's clients: one pool and one TLS context for a container.

Left alone, requests reads the CA bundle for every new connection (some 20 ms of a full core, ten times that
at a tenth of one; servers close idle connections, so a seldom called function makes one in most calls), and
searches the environment for proxies in every request.
"""

import ssl
from typing import Any

from oci.base_client import OCIHTTPAdapter

_ANY_HTTPS = "https://"


class SharedTransport(OCIHTTPAdapter):  # type: ignore[misc]  # the SDK has no types
    """The SDK's own HTTPS adapter, with a TLS context that is made at first need and kept."""

    def __init__(self) -> None:
        super().__init__()
        self._context: ssl.SSLContext | None = None

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Hands the pool of a host the context, in place of the CA bundle's name."""
        super().cert_verify(conn, url, verify, cert)
        if self._context is None:
            self._context = ssl.create_default_context(cafile=conn.ca_certs, capath=conn.ca_cert_dir)
        conn.ca_certs = conn.ca_cert_dir = None
        conn.conn_kw["ssl_context"] = self._context


_transport = SharedTransport()


def furnish(session: Any, endpoint: str) -> None:
    """Gives a client's session the shared transport, and what the environment says of proxies and of the CA
    bundle.

    The variables are those of requests: HTTPS_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE.
    """
    environment = session.merge_environment_settings(endpoint, {}, None, None, None)
    session.proxies, session.verify = environment["proxies"], environment["verify"]
    session.trust_env = False
    session.mount(_ANY_HTTPS, _transport)
    # A redirected request would carry its body to a host that nobody checked.
    session.max_redirects = 0
