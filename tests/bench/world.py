"""Around the contestants: the OCI emulator, an image for each call, packages as in the function's image."""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from tests.bench import list_modules
from tests.bench.contestants import Contestant
from tests.bench.tls import TlsFront
from tests.local.fn import FunctionHost, Invocation
from tests.local.fn.host import CHECKOUT
from tests.local.oci import Cloud

_NO_LIMIT = 10**9
_ENDPOINTS = ("COMPUTE_ENDPOINT", "NOTIFICATION_ENDPOINT", "OBJECT_STORAGE_ENDPOINT")
# The emulator's answers to what it has done, and to a record that there is not yet.
_DONE = (200, 202, 404)


class CallFailedError(Exception):
    """A contestant did not do its work: its time would be worth nothing."""


@contextmanager
def python_of_the_image(interpreter: str) -> Iterator[str]:
    """A Python of that interpreter with the function's packages and no others, as in the function's image."""
    with tempfile.TemporaryDirectory(prefix="python-") as folder:
        python = str(Path(folder, "bin", "python"))
        subprocess.run([interpreter, "-m", "venv", folder], check=True)
        install = [python, "-m", "pip", "install", "-qq", "--no-compile"]
        subprocess.run([*install, "-r", CHECKOUT / "requirements.txt"], check=True)
        yield python


class World:
    """One emulator for all contestants. Exports end at once, so that the same image can go again.

    ``python``: the interpreter that runs the functions.
    """

    def __init__(self, python: str = sys.executable) -> None:
        self.python = python

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
            self.cloud = opened.enter_context(Cloud(folder / "objects", None, "at once"))
            self.cloud.topic_rate = _NO_LIMIT
            credentials = folder / "credentials"
            credentials.mkdir()
            port = urlsplit(self.cloud.endpoint).port
            assert port is not None
            self._tls = opened.enter_context(TlsFront(port, folder))
            self._environment = {
                **self.cloud.resource_principal.write(credentials),
                "TOPIC_ID": self.cloud.topic_id,
                "EXPORT_NAMESPACE": self.cloud.namespace,
                "EXPORT_BUCKET": self.cloud.bucket,
                "REQUESTS_CA_BUNDLE": str(self._tls.bundle),
            }
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def environment(self, contestant: Contestant, *, tls: bool = False) -> dict[str, str]:
        """What the platform and the operator put into a container's environment."""
        records = f"{self.cloud.namespace}/{self.cloud.bucket}/records"
        return {
            **self._environment,
            **dict.fromkeys(_ENDPOINTS, self._tls.url if tls else self.cloud.endpoint),
            **({"EXPORT_RECORDS": records} if contestant.records else {}),
        }

    def host(
        self,
        contestant: Contestant,
        launcher: Sequence[str] = (),
        *,
        tls: bool = False,
        keeps_bytecode: bool = False,
        timeout_s: float = 120.0,
    ) -> FunctionHost:
        """A host for one container of the contestant, not open yet.

        ``keeps_bytecode``: Python may write what it has compiled, of packages; the code is read-only.
        """
        environment = self.environment(contestant, tls=tls)
        return FunctionHost(
            contestant.code,
            {**environment, "PYTHONDONTWRITEBYTECODE": ""} if keeps_bytecode else environment,
            entry_point=contestant.entry_point,
            launcher=launcher,
            python=self.python,
            timeout_s=timeout_s,
        )

    def compile_packages(self, contestants: Sequence[Contestant]) -> None:
        """Has each contestant called once, so that its packages are there in bytecode, as in the image.

        The function's own code is not: the platform's tree is read-only, and it is compiled in every process.
        """
        for contestant in contestants:
            with self.host(contestant, tls=True, keeps_bytecode=True) as host:
                self.call(contestant, host)

    def body(self, contestant: Contestant) -> bytes:
        """What asks the contestant to export an image of its own."""
        is_event = contestant.trigger == "event"
        image = self.cloud.images.add(display_name="golden image", announce=is_event)
        asked: Any = (
            self.cloud.events.emitted[-1]
            if is_event
            else {
                "imageId": image["id"],
                "exportImageDetails": {
                    "destinationType": "objectStorageTuple",
                    "namespaceName": self.cloud.namespace,
                    "bucketName": self.cloud.bucket,
                    "objectName": "golden.oci",
                },
            }
        )
        return json.dumps(asked).encode()

    def call(self, contestant: Contestant, host: FunctionHost, body: bytes | None = None) -> Invocation:
        """One invocation, judged by what the cloud saw: a failed direct call has the status 200, too.

        Raises CallFailedError.
        """
        body = body or self.body(contestant)
        before = len(self.cloud.calls)
        answer = host.invoke(body, {"content-type": "application/json"})
        seen = Counter(call.operation for call in self.cloud.calls[before:] if call.status in _DONE)
        if answer.failed or seen != Counter(contestant.calls):
            raise CallFailedError(f"{contestant.name}: {answer.status} {answer.body[:200]!r}, {dict(seen)}")
        return answer

    def modules_of(self, contestant: Contestant) -> list[str]:
        """The names of the modules that a process has loaded after one call."""
        listed = subprocess.run(
            [self.python, list_modules.__file__, contestant.code / "func.py"],
            env={
                **self.environment(contestant),
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(contestant.code),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            input=self.body(contestant),
            capture_output=True,
            check=False,
        )
        if listed.returncode:
            raise CallFailedError(listed.stderr.decode())
        return listed.stdout.decode().split()
