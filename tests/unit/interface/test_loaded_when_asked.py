"""The description costs an export nothing: it is loaded only by the call that asks for it."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests import events
from tests.local.fn.host import CHECKOUT
from tests.local.oci import Cloud

# A container's life: an export, then the description. It prints how each went, and what is loaded then.
CONTAINER = """
import asyncio, json, sys
from io import BytesIO
from fdk.fixtures import setup_fn_call
from func import handler

async def call(method, path, body):
    answered = await setup_fn_call(
        handler, request_url=path, method=method, content=BytesIO(body),
        headers={"content-type": "application/json"}, gateway=True,
    )
    _, status, headers = await answered
    loaded = sorted(name for name in sys.modules if name.startswith("handlers.interface"))
    return [headers["fn-http-status"], loaded]

async def live():
    image_id, details = sys.argv[1:]
    path = f"/20160918/images/{image_id}/actions/export"
    return [await call("POST", path, details.encode()), await call("GET", "/openapi.json", b"")]

print(json.dumps(asyncio.run(live())))
"""


def test_an_export_loads_nothing_of_the_description(tmp_path: Path) -> None:
    with Cloud(tmp_path / "buckets", advance="by hand", seed=1) as cloud:
        details = {
            **events.load("gateway.tuple"),
            "namespaceName": cloud.namespace,
            "bucketName": cloud.bucket,
        }
        environment = {
            **os.environ,
            **cloud.resource_principal.write(tmp_path / "credentials"),
            "PYTHONPATH": str(CHECKOUT),
            "TOPIC_ID": cloud.topic_id,
            "EXPORT_NAMESPACE": cloud.namespace,
            "EXPORT_BUCKET": cloud.bucket,
            "COMPUTE_ENDPOINT": cloud.endpoint,
            "NOTIFICATION_ENDPOINT": cloud.endpoint,
            "OBJECT_STORAGE_ENDPOINT": cloud.endpoint,
        }
        lived = subprocess.run(
            [sys.executable, "-c", CONTAINER, cloud.images.add()["id"], json.dumps(details)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert lived.returncode == 0, lived.stderr
    exported, described = json.loads(lived.stdout)
    assert exported == ["200", []]
    assert len(cloud.exports) == 1
    assert described[0] == "200"
    assert "handlers.interface.openapi" in described[1]
