"""What the platform puts into a container's environment, and nothing of the developer's own.

Source: the environment that a running function printed (oracle-functions-samples,
oci-apigw-display-httprequest-info-python), and Fn's container contract (fn-format.md).
"""

from collections.abc import Mapping
from pathlib import Path

FUNCTION_ID = "ocid1.fnfunc.oc1.phx.localfunction"
APP_ID = "ocid1.fnapp.oc1.phx.localapplication"


def container_environment(
    config: Mapping[str, str], *, code: Path, packages: Path | None, socket: Path, home: Path
) -> dict[str, str]:
    """The whole environment: `config` is the function's configuration and what the platform adds to it."""
    return {
        "PATH": "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(home),
        "HOSTNAME": "localcontainer",
        # The image has /function:/python. Without a folder of packages, the interpreter's own are used.
        "PYTHONPATH": ":".join(str(folder) for folder in (code, packages) if folder),
        # The platform's file system is read-only but for /tmp: Python can't keep a .pyc of the function's
        # code.
        "PYTHONDONTWRITEBYTECODE": "1",
        "FN_FN_ID": FUNCTION_ID,
        "FN_APP_ID": APP_ID,
        "FN_MEMORY": "256",
        "FN_CPUS": "100m",
        "FN_TYPE": "sync",
        "FN_FORMAT": "http-stream",
        "FN_LISTENER": f"unix:{socket}",
        **config,
    }
