"""Of the SDK is loaded what the function needs; whoever asks for more gets that, too."""

import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

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
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert not answer.stderr
    return answer.stdout.split()


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


def test_what_the_sdks_packages_do_in_their_own_code_is_of_no_use_here_or_done_here() -> None:
    folder = Path(str(find_spec("oci").origin)).parent  # type: ignore[union-attr]
    calls = [
        ast.unparse(statement)
        for package in (".", "auth", "auth/signers", "_vendor", "_vendor/requests")
        for statement in ast.parse((folder / package / "__init__.py").read_text(encoding="utf-8")).body
        if isinstance(statement, ast.Expr | ast.Assign) and not isinstance(statement.value, ast.Constant)
    ]
    assert calls == [
        "fips.enable_fips_mode()",  # for OpenSSL 1
        "warnings.simplefilter('ignore', DependencyWarning)",
        "logging.getLogger(__name__).addHandler(NullHandler())",
        "warnings.simplefilter('default', FileModeWarning, append=True)",  # for files as bodies
    ]
