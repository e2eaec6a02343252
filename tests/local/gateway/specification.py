"""What the stack deploys: the gateway's specification and the conditions of the Events rules."""

from collections.abc import Mapping
from typing import Any

from ..stack import document

PATH_PREFIX = "/image-export"


def specification() -> dict[str, Any]:
    """The deployment specification, as `oci api-gateway deployment create --specification` takes it."""
    deployed: dict[str, Any] = document(
        "gateway-specification.json",
        function_id="ocid1.fnfunc.oc1.phx.localfunction",
        jwks_url="https://identity.example.com/admin/v1/SigningCert/jwk",
        token_issuer="https://identity.example.com/",  # noqa: S106 - who issues tokens
        token_audience="image-export",  # noqa: S106 - whom they are for
        requests_per_second=10,
    )
    return deployed


def without_policies(deployed: Mapping[str, Any]) -> dict[str, Any]:
    """The same routes to the same function, with nothing that protects it."""
    kept = ("path", "methods", "backend")
    return {"routes": [{name: route[name] for name in kept} for route in deployed["routes"]]}


def rule_conditions(tag: tuple[str, str, str] | None = None) -> list[dict[str, Any]]:
    """The conditions of the Events rules, as `oci events rule create --condition` takes them.

    `tag`: namespace, key and value of the defined tag that new images need to be exported.
    """
    namespace, key, value = tag or ("-", "-", "-")
    conditions = document("rule-conditions.json", tag_namespace=namespace, tag_key=key, tag_value=value)
    del conditions["created" if tag else "created-with-tag"]
    return list(conditions.values())
