"""Who asks: the function, the gateway that calls it, the Events service, ordinary users."""

from dataclasses import dataclass

# Dynamic groups without a domain are in this one.
DEFAULT_DOMAIN = "Default"


@dataclass(frozen=True)
class Principal:
    """Somebody who signs; `subjects` are what statements may call it, an administrator may do everything.
    `compartment` is that of a resource."""

    type: str
    id: str
    subjects: frozenset[str] = frozenset()
    administrator: bool = False
    compartment: str = ""


def dynamic_group(name: str, domain: str = DEFAULT_DOMAIN) -> str:
    """How a dynamic group stands in `subjects`."""
    return f"dynamic-group {domain}/{name}"


def service(name: str) -> str:
    return f"service {name}"


ANYBODY = Principal("anonymous", "")
EVENTS = Principal("service", "cloudEvents", frozenset({service("cloudEvents")}))
