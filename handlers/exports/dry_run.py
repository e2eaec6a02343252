"""Checks an export without starting it: the image is there, and could be exported now."""

from handlers.errors import ServiceRefusal
from handlers.exports.at_hand import AtHand
from handlers.exports.commands import Shown, StartExport


def check(command: StartExport, at_hand: AtHand) -> Shown:
    """The image. Raises the refusal that Compute would give: 409 for its state, 412 for another etag."""
    compute = at_hand.services.compute
    image = at_hand.attempts.at_work(lambda until: compute.get_image(command.image_id, until=until))
    if command.if_match not in (None, "*", image.etag):
        raise _refusal(412, "NoEtagMatch", "The image's etag is not the one in if-match.", image.request_id)
    state = image.text("lifecycleState")
    if state != "AVAILABLE":
        raise _refusal(
            409,
            "IncorrectState",
            f"The image is {state}; only an AVAILABLE one is exported.",
            image.request_id,
        )
    return Shown(image)


def _refusal(status: int, code: str, message: str, request_id: str | None) -> ServiceRefusal:
    return ServiceRefusal(status, code, message, service="Compute", request_id=request_id)
