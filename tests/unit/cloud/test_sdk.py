"""What is taken of the SDK: no more is loaded than is needed; the principal, from the platform's files."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateNumbers
from oci.auth.signers import EphemeralResourcePrincipalSigner

from handlers.cloud.sdk import PlatformKey, resource_principal
from handlers.errors import Misconfigured
from tests.unit.cloud.examples import REGION

# All that a first call loads of the SDK, but for its copies of requests and httpsig.
LOADED = {
    *("oci", "oci.auth", "oci.auth.signers", "oci._vendor"),  # without their own code
    "oci.auth.security_token_container",
    "oci.auth.signers.ephemeral_resource_principals_signer",
    "oci.auth.signers.security_token_signer",
    *("oci.constants", "oci.exceptions", "oci.signer", "oci.util", "oci.version"),
    *("oci.regions", "oci.regions_definitions", "oci.service_endpoints"),
    *("oci._vendor.six", "oci._vendor.chardet"),
}


def run(program: str) -> list[str]:
    """What a process of its own says, in words."""
    return subprocess.check_output(
        [sys.executable, "-c", program], text=True, stderr=subprocess.STDOUT
    ).split()


def test_of_the_sdk_is_loaded_what_the_function_needs() -> None:
    loaded = run("import sys, handlers.cloud.api; print(*sys.modules)")
    assert "cryptography.x509.name" not in loaded
    copies = ("oci._vendor.requests", "oci._vendor.httpsig_cffi", "oci._vendor.six.")
    assert {name for name in loaded if name.startswith("oci") and not name.startswith(copies)} == LOADED


@pytest.mark.parametrize(
    "use",
    [
        "import oci; print(callable(oci.pagination.list_call_get_all_results))",
        "import oci; print(oci.Signer is oci.signer.Signer)",
        "import oci; print(callable(oci.core.ComputeClient))",
        "from oci.auth import signers; print(callable(signers.InstancePrincipalsSecurityTokenSigner))",
        "from cryptography import x509; print(callable(x509.load_pem_x509_certificate))",
        "from cryptography.x509.oid import NameOID; print(NameOID.COMMON_NAME is not None)",
        "from oci._vendor import chardet; print(chardet.detect(b'text')['encoding'] == 'ascii')",
        "from oci._vendor import requests; print(callable(requests.get))",
    ],
)
def test_whoever_asks_for_more_of_the_sdk_gets_it(use: str) -> None:
    assert run(f"import handlers.cloud.api; {use}") == ["True"]


def test_a_program_that_has_the_whole_sdk_already_keeps_it() -> None:
    program = (
        "import oci; before = oci.BaseClient; import handlers.cloud.api; print(oci.BaseClient is before)"
    )
    assert run(program) == ["True"]


def numbers_of(path: Path) -> Any:
    """What the key consists of, proved."""
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    return key.private_numbers()  # type: ignore[union-attr]


@pytest.mark.parametrize("is_in_variables", [False, True])
def test_the_principal_is_the_sdks_with_the_platforms_token_and_key(
    is_in_variables: bool, credentials: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = (credentials / "rpst").read_text(encoding="ascii")
    if is_in_variables:  # instead of the names of the files
        monkeypatch.setenv("OCI_RESOURCE_PRINCIPAL_RPST", token)
        pem = (credentials / "private.pem").read_text(encoding="ascii")
        monkeypatch.setenv("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", pem)
    signer = resource_principal()
    assert isinstance(signer, EphemeralResourcePrincipalSigner)
    assert (signer.region, signer.api_key) == (REGION, f"ST${token}")
    assert signer.private_key.private_numbers() == numbers_of(credentials / "private.pem")


def test_no_time_is_spent_on_proving_the_key(credentials: Path) -> None:
    path = credentials / "private.pem"
    numbers = numbers_of(path)
    spoilt = RSAPrivateNumbers(
        numbers.p, numbers.q, numbers.d, numbers.dmp1 + 2, numbers.dmq1, numbers.iqmp, numbers.public_numbers
    ).private_key(unsafe_skip_rsa_key_validation=True)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(spoilt.private_bytes(*form))
    with pytest.raises(ValueError, match="key"):
        numbers_of(path)
    key: Any = PlatformKey(str(path)).private_key
    assert key.private_numbers().dmp1 == numbers.dmp1 + 2


def test_without_the_platform_there_is_none_and_the_error_says_so() -> None:
    with pytest.raises(Misconfigured, match="resource principal can't be read"):
        resource_principal()


@pytest.mark.parametrize("name", ["rpst", "private.pem"])
@pytest.mark.parametrize("content", [None, "c2VjcmV0LXdvcmRz"])
def test_a_file_that_cannot_be_read_is_a_misconfiguration_that_does_not_quote_it(
    name: str, content: str | None, credentials: Path
) -> None:
    (credentials / name).unlink()
    if content:
        (credentials / name).write_text(content, encoding="ascii")
    with pytest.raises(Misconfigured) as raised:
        resource_principal()
    assert "c2VjcmV0LXdvcmRz" not in raised.value.message
