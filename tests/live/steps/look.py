"""What there is: the function, the image, the bucket."""

import re

from ..objects import head, record_place
from ..run import REFUSED, Run, RunEnds, told


def look_around(run: Run) -> None:
    """Raises RunEnds where image or bucket are not there, or the function may not export to the bucket."""
    options, clients, screen = run.options, run.clients, run.screen
    run.namespace = str(clients.object_storage.get_namespace().data)
    _read_function(run)
    try:
        run.image = clients.compute.get_image(options.image_id).data
        clients.object_storage.get_bucket(run.namespace, options.bucket)
    except REFUSED as refusal:
        raise RunEnds(told(refusal)) from None
    image = run.image
    screen.step("Compute", f"image {image.display_name}: {image.size_in_mbs} MB, {image.lifecycle_state}")
    if image.lifecycle_state != "AVAILABLE":
        raise RunEnds(f"the image has to be AVAILABLE, and is {image.lifecycle_state}")
    run.prefix = _prefix(run)
    record = record_place(run)
    run.had_record = record is None or head(run, record) is not None
    screen.step("function", f"keeps records in {run.records}" if run.records else "keeps no records")


def _read_function(run: Run) -> None:
    try:
        run.function = run.clients.functions.get_function(run.options.function_id).data
    except REFUSED as refusal:
        told = f"your user can't read the function ({refusal.code}); the run goes on with what you gave"
        run.screen.step("Functions", told)
        return
    run.clients.invoke.base_client.endpoint = run.function.invoke_endpoint
    run.screen.step(
        "Functions", f"{run.function.display_name}, with {run.function.timeout_in_seconds} s for each call"
    )


def _prefix(run: Run) -> str:
    """Under which prefix of the bucket callers may export. Raises RunEnds where they may not."""
    given, config, bucket = run.options.object_prefix, run.config, (run.namespace, run.options.bucket)
    if given is not None or not config:
        return given or ""
    if (config.get("EXPORT_NAMESPACE"), config.get("EXPORT_BUCKET")) == bucket:
        return ""
    for allowed in re.split(r"[\s,]+", config.get("ALLOWED_DESTINATIONS", "").strip()):
        namespace, _, rest = allowed.partition("/")
        name, _, prefix = rest.partition("/")
        if (namespace, name) == bucket:
            return prefix
    raise RunEnds("the function's configuration does not allow exports to this bucket: ALLOWED_DESTINATIONS")
