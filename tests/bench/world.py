"""The cloud around the benchmarks: the OCI emulator, an image, and hosts for the contestants."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from tests.bench.contestants import Contestant
from tests.local.fn import FunctionHost
from tests.local.fn.host import CHECKOUT
from tests.local.oci import Cloud

_NO_LIMIT = 10**9


class World:
    """One emulator for all contestants. Exports end at once, so that the same image can go again."""

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
            self.cloud = opened.enter_context(Cloud(folder / "objects", None, "at once"))
            self.cloud.topic_rate = _NO_LIMIT
            credentials = folder / "credentials"
            credentials.mkdir()
            self._environment = {
                **self.cloud.resource_principal.write(credentials),
                "TOPIC_ID": self.cloud.topic_id,
                "EXPORT_NAMESPACE": self.cloud.namespace,
                "EXPORT_BUCKET": self.cloud.bucket,
                "COMPUTE_ENDPOINT": self.cloud.endpoint,
                "NOTIFICATION_ENDPOINT": self.cloud.endpoint,
                "OBJECT_STORAGE_ENDPOINT": self.cloud.endpoint,
            }
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def host(
        self, contestant: Contestant, launcher: Sequence[str] = (), max_containers: int = 1
    ) -> FunctionHost:
        """A host for the contestant, not open yet."""
        return FunctionHost(
            contestant.code,
            self._environment,
            entry_point=contestant.entry_point,
            launcher=launcher,
            max_containers=max_containers,
        )

    def export(self) -> bytes:
        """The body of a direct call that exports an image of its own."""
        image = self.cloud.images.add(display_name="golden image")
        return json.dumps(
            {
                "imageId": image["id"],
                "exportImageDetails": {
                    "destinationType": "objectStorageTuple",
                    "namespaceName": self.cloud.namespace,
                    "bucketName": self.cloud.bucket,
                    "objectName": "golden.oci",
                },
            }
        ).encode()

    def modules_of(self, contestant: Contestant) -> list[str]:
        """The names of the modules that a process has loaded after one call."""
        listed = subprocess.run(
            [sys.executable, "-m", "tests.bench.list_modules", contestant.code / "func.py"],
            env={**self._environment, "PATH": os.environ["PATH"], "PYTHONPATH": str(contestant.code)},
            cwd=CHECKOUT,
            input=self.export(),
            capture_output=True,
            check=False,
        )
        if listed.returncode:
            raise RuntimeError(listed.stderr.decode())
        return listed.stdout.decode().split()
