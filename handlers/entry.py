"""The way through: bytes from the FDK → trigger → command → outcome → reply, and one log line.

Who reads the reply decides how a failure shows. A gateway's client or a direct caller gets the error. Nobody
reads the reply to an event or a detached call: there a lasting failure is published as a rejection, and dealt
with; a passing one fails the invocation, so that it may be delivered again.
"""

import logging
import os
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

from handlers import application, log, redaction, triggers
from handlers.application import Application
from handlers.errors import ExportError, NotAnnounced, Unexpected
from handlers.exports import rejection
from handlers.exports.at_hand import AtHand
from handlers.exports.clock import Clock
from handlers.exports.commands import Started, StartExport
from handlers.exports.run import run
from handlers.log_line import Account
from handlers.triggers import TriggerModule
from handlers.triggers.invocation import Invocation, read
from handlers.triggers.reply import JSON, Reply
from handlers.triggers.respond import FAILED, respond

_log = logging.getLogger(__name__)

_NAME = "image-export"


class Function:
    """The function in one container: what is costly is built by the first call, and kept.

    ``build`` makes it out of the environment, or raises Misconfigured.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        clock: Clock | None = None,
        build: Callable[[Mapping[str, str]], Application] = application.build,
    ) -> None:
        self._environment = environment
        self._clock = clock or Clock()
        self._build = build
        self._application: Application | None = None

    def __call__(self, context: Any, data: BytesIO | None = None) -> Any:
        """The FDK's response to one invocation. Never raises: a failed one is a status to the platform."""
        redaction.forget()
        invocation = read(context, data)
        trigger = triggers.recognise(invocation)
        account = Account(invocation, trigger.trigger(invocation), self._clock)
        try:
            reply = self._carry_out(trigger, invocation, account)
        except Exception as problem:  # noqa: BLE001  # whatever it is, it must not reach the FDK
            reply = self._fail(_known(problem, invocation), trigger, invocation, account)
        account.write(reply)
        return respond(context, reply)

    def prepare(self) -> Application:
        """Builds what is costly, unless it is there. Raises Misconfigured."""
        if self._application is None:
            log.configure(self._environment.get("LOG_LEVEL", log.DEFAULT_LEVEL))
            self._application = self._build(self._environment)
        return self._application

    def _carry_out(self, trigger: TriggerModule, invocation: Invocation, account: Account) -> Reply:
        policy = self.prepare().policy
        account.command = trigger.command(invocation, policy)
        account.outcome = outcome = run(account.command, self._at_hand(invocation, account))
        if invocation.is_unread and isinstance(outcome, Started) and outcome.notification_error:
            raise NotAnnounced(f"The export runs, but was not announced: {outcome.notification_error}.")
        return trigger.reply(outcome, invocation)

    def _fail(
        self, error: ExportError, trigger: TriggerModule, invocation: Invocation, account: Account
    ) -> Reply:
        is_dry_run = isinstance(account.command, StartExport) and account.command.dry_run
        if invocation.is_unread and not error.passing and not is_dry_run:
            try:
                rejection.publish(
                    error, trigger.trigger(invocation), account.command, self._at_hand(invocation, account)
                )
            except Exception as problem:  # noqa: BLE001  # as above
                kept_from = _known(problem, invocation)
                # Whatever kept it from being published: nobody would hear of the request again.
                error = NotAnnounced(f"Refused ({error.code}), but not announced: {kept_from.code}.")
        account.failure = error
        if invocation.is_unread and error.passing:
            return Reply(FAILED, {"code": error.code, "message": error.message}, JSON)
        return trigger.refusal(error, invocation)

    def _at_hand(self, invocation: Invocation, account: Account) -> AtHand:
        kept = self.prepare()
        settings = kept.policy.settings
        return AtHand(
            kept.services,
            account.attempts,
            source=invocation.function_id or _NAME,
            par_hours=settings.par_hours if settings.par_fallback else None,
        )


def _known(problem: Exception, invocation: Invocation) -> ExportError:
    """The error as our tree has it. A bug's traceback belongs into the log, nothing of it into a reply."""
    if isinstance(problem, ExportError):
        return problem
    _log.error("unexpected failure", exc_info=problem, extra={"fields": {"callId": invocation.call_id}})
    return Unexpected()


# The container's: the FDK calls it for every invocation.
handler = Function(os.environ)
