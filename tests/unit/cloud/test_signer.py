"""The function's resource principal, from the platform's files."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateNumbers
from oci.auth.signers import EphemeralResourcePrincipalSigner

from handlers.cloud.sdk import PlatformKey, resource_principal
from handlers.errors import Misconfigured
from tests.unit.cloud.examples import REGION


def numbers_of(path: Path) -> Any:
    """What the key consists of, proved."""
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    return key.private_numbers()  # type: ignore[union-attr]


def test_the_principal_is_the_sdks_read_from_the_files_that_the_environment_names(credentials: Path) -> None:
    signer = resource_principal()
    assert isinstance(signer, EphemeralResourcePrincipalSigner)
    assert signer.region == REGION
    assert signer.api_key == "ST$" + (credentials / "rpst").read_text(encoding="ascii")


def test_the_key_is_the_one_that_the_sdk_would_load(credentials: Path) -> None:
    assert resource_principal().private_key.private_numbers() == numbers_of(credentials / "private.pem")


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


def test_a_key_and_a_token_may_be_in_the_environment_itself(
    credentials: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, file in {"RPST": "rpst", "PRIVATE_PEM": "private.pem"}.items():
        text = (credentials / file).read_text(encoding="ascii")
        monkeypatch.setenv(f"OCI_RESOURCE_PRINCIPAL_{variable}", text)
    assert resource_principal().api_key == "ST$" + (credentials / "rpst").read_text(encoding="ascii")


def test_a_key_with_a_passphrase_is_left_to_the_sdk(
    credentials: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        PlatformKey.__base__, "refresh", lambda supplier: asked.append(supplier.passphrase_file)
    )
    PlatformKey(str(credentials / "private.pem"), "/passphrase")
    assert asked == ["/passphrase"]


def test_without_the_platform_there_is_none_and_the_error_says_so() -> None:
    with pytest.raises(Misconfigured, match="resource principal can't be read"):
        resource_principal()


@pytest.mark.parametrize("name", ["rpst", "private.pem"])
def test_a_missing_file_is_a_misconfiguration(name: str, credentials: Path) -> None:
    (credentials / name).unlink()
    with pytest.raises(Misconfigured):
        resource_principal()


@pytest.mark.parametrize("name", ["rpst", "private.pem"])
def test_a_file_that_cannot_be_read_is_a_misconfiguration_that_does_not_quote_it(
    name: str, credentials: Path
) -> None:
    (credentials / name).write_text("c2VjcmV0LXdvcmRz", encoding="ascii")
    with pytest.raises(Misconfigured) as raised:
        resource_principal()
    assert "c2VjcmV0LXdvcmRz" not in raised.value.message
