"""The cloud as the function's transport: no socket, no thread, no waiting.

    cloud = Cloud(folder, serve=False)
    transport, clock = InMemoryTransport(cloud), function_clock(cloud)

Whoever waits moves the cloud's clock by hand: a sleep of the function's, an answer that is late.
"""

import handlers.clock
from handlers.cloud.transport import Request, Response

from .app import Exchange
from .cloud import Cloud
from .exchange import Stage


def function_clock(cloud: Cloud) -> handlers.clock.Clock:
    """The cloud's clock as the function's: it stands still but for what is slept."""
    clock = cloud.clock
    return handlers.clock.Clock(clock.datetime, clock.now, clock.advance, cloud.random.random)


class InMemoryTransport:
    """Takes the place of the function's. What callbacks of `cloud.on` raise ends the caller."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def send(self, request: Request, *, until: float) -> Response:
        """Raises OSError: TimeoutError where no answer has come by `until` (the work may be done all the
        same), ConnectionError where the connection was dropped."""
        clock = self._cloud.clock
        if clock.now() >= until:
            raise TimeoutError
        sent = (request.method, request.path_url, request.headers, request.body or b"")
        exchange = self._cloud.app.receive(*sent)
        self._tell("received", exchange)
        self._wait(exchange.begin(), until, exchange)
        answer = exchange.end()
        self._tell("done", exchange)
        if answer is None:
            raise ConnectionResetError
        body = b"" if request.method == "HEAD" else answer.body()
        headers = {"content-length": str(len(body)), "content-type": answer.content_type, **answer.headers}
        if answer.fault:
            raise ValueError("a fault of the wire needs a connection")
        return Response(answer.status, headers, body)

    def _wait(self, seconds: float, until: float, exchange: Exchange) -> None:
        """Raises TimeoutError. An exchange that has not ended by then ends when its time has come."""
        clock = self._cloud.clock
        if (due := clock.now() + seconds) < until:
            clock.advance(seconds)
            return
        self._cloud.at(due, exchange.end)
        clock.advance(until - clock.now())
        raise TimeoutError

    def _tell(self, stage: Stage, exchange: Exchange) -> None:
        for callback in self._cloud.app.watching(stage, exchange.call):
            callback(exchange.call)
