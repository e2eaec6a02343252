"""A catch-up's dry run: which images it finds, and what it would do."""

from ..invoking import invoke, refused
from ..run import Run, StepFailed


def look_for_missing(run: Run) -> None:
    """Raises StepFailed where the function refuses."""
    if run.config and not run.records:
        run.screen.step("function", "keeps no records: there is no catch-up")
        return
    asked = {"compartmentId": run.image.compartment_id, "compartmentName": "compartment", "dryRun": True}
    reply = invoke(run, {"catchUp": asked})
    if refusal := refused(reply):
        raise StepFailed(f"the catch-up's dry run was refused: {refusal}")
    would = {key: len(reply[key]) for key in ("exported", "announced", "failed")}
    run.screen.step(
        "function",
        f"of {reply['images']} images a catch-up would export {would['exported']}, and announce"
        f" {would['announced']} endings; {reply['done']} are done, {reply['left']} would be left",
    )
    run.check("a catch-up can list the compartment's images, and read their records", not would["failed"])
