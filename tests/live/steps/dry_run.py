"""A dry run through the function: its configuration, its right to read the image, the allow-list."""

from ..invoking import invoke, refused
from ..requests import call
from ..run import Place, Run, RunEnds


def dry_run(run: Run) -> None:
    """Raises RunEnds where the function refuses."""
    place = Place(run.namespace, run.options.bucket, "/".join(filter(None, (run.prefix, "dry-run"))))
    reply = invoke(run, {**call(run, place), "dryRun": True})
    if refusal := refused(reply):
        raise RunEnds(f"the dry run was refused: {refusal}")
    same = reply.get("image", {}).get("id") == run.options.image_id
    run.check("the function may read the image, and export it to the bucket by its configuration", same)
