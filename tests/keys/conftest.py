"""A provider of either kind: a file, and a private SoftHSM2 token."""

import base64
import itertools
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hedui.keys import model
from hedui.keys.providers import FileProvider, KeyProvider

MODULES = [Path("/usr/lib/softhsm/libsofthsm2.so"), Path("/usr/lib64/pkcs11/libsofthsm2.so")]
PIN = "483920"
TOKEN = "hedui-test"
_labels = itertools.count()


@pytest.fixture(scope="session")
def softhsm(tmp_path_factory: pytest.TempPathFactory):
    """Return how to make a provider on a token of our own: nothing of the machine's is touched."""
    pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed: the extra hsm")
    from hedui.keys.token import Pkcs11Provider

    module = next((path for path in MODULES if path.exists()), None)
    if module is None or not shutil.which("softhsm2-util"):
        pytest.skip("SoftHSM2 is not installed: apt-get install softhsm2")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "conf")  # the module reads it once, when it is loaded
    pin = folder / "pin"
    pin.write_text(f"{PIN}\n")
    pin.chmod(0o600)
    start = ["softhsm2-util", "--init-token", "--free", "--label", TOKEN, "--so-pin", "83920174", "--pin", PIN]
    subprocess.run(start, check=True, capture_output=True)

    def provider(label: str = "", token: str = TOKEN, pin_file: Path = pin, module: Path = module):
        return Pkcs11Provider(module, token, pin_file, label or f"hedui{next(_labels)}")

    return provider


@pytest.fixture(params=["file", "pkcs11"])
def provider(request: pytest.FixtureRequest, tmp_path: Path) -> KeyProvider:
    """Return a provider whose master key is not made yet."""
    if request.param == "file":
        return FileProvider(tmp_path / "keys" / "master.key")
    return request.getfixturevalue("softhsm")()


def old_secrets(*lacking):
    names = ["registry", "index", "quarantine", "audit", *(n for n in model.names() if n.startswith("region/"))]
    return {name: os.urandom(32) for name in names if name not in lacking}


def write_old(path, secrets):
    """Write a keyring as format 1 was written, from its description alone."""
    master = os.urandom(32)

    def wrapped(name):
        nonce = os.urandom(12)
        return nonce + AESGCM(master).encrypt(nonce, secrets[name], b"hedui-keyring/1\0" + name.encode())

    document = {
        "format": "hedui-keyring/1",
        "master": base64.b64encode(master).decode(),
        "secrets": {name: base64.b64encode(wrapped(name)).decode() for name in secrets},
    }
    path.write_text(json.dumps(document, indent=1))
    path.chmod(0o600)
