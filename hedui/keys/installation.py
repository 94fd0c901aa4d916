"""Where the keys of an installation are, as the settings say: the one place that opens them."""

from pathlib import Path

from catalogue.problems import Stop
from hedui.keys import files, migrate
from hedui.keys.providers import FileProvider, KeyProvider
from hedui.keys.ring import Ring
from hedui.keys.vault import VaultFile
from hedui.keys.worker import Worker
from hedui.settings import Settings


def provider(settings: Settings) -> KeyProvider:
    """Return who holds the master key. Raises Stop `key-provider-settings` where a token lacks a setting."""
    if settings.key_provider == "file":
        return FileProvider(settings.master_key)
    from hedui.keys.token import Pkcs11Provider

    return Pkcs11Provider(*_token(settings))


def begin(settings: Settings) -> Ring:
    """Open the keyring where an installation begins; at first start make it, and the vault with it.

    A vault is made only where there is no keyring of today's format, so that a lost one is missed and not replaced.
    Raises Stop: as `Ring.open` and `VaultFile.create`, and `key-not-here` on a worker.
    """
    _not_on_a_worker(settings, "keyring")
    holder = provider(settings)
    if _is_first(settings.keyring):
        with files.locked(settings.keyring, "keyring"):
            holder.prepare()
        VaultFile.create(settings.vault, holder)  # first: a crash in between leaves no keyring without a vault
    return Ring.open(settings.keyring, holder)


def ring(settings: Settings) -> Ring:
    """Open the keyring, which must be there.

    Raises Stop: as `Ring.existing`, `keys-none-yet` where there is no file of keys at all, `key-not-here` on a worker.
    """
    _not_on_a_worker(settings, "keyring")
    if not any(path.exists() for path in (settings.keyring, settings.vault, settings.master_key)):
        raise Stop("keys-none-yet", folder=str(settings.keyring.parent))
    if settings.keyring.exists() and _is_first(settings.keyring):
        return begin(settings)
    return Ring.existing(settings.keyring, provider(settings))


def vault(settings: Settings) -> VaultFile:
    """Open the vault, which must be there. Raises Stop: as `VaultFile.existing`, and `key-not-here` on a worker."""
    _not_on_a_worker(settings, "vault")
    return VaultFile.existing(settings.vault, provider(settings))


def worker(settings: Settings) -> Worker:
    """Return what seals a run: the worker's file where there is one, else the same taken from keyring and vault."""
    if settings.worker_keys is not None:
        return Worker.existing(settings.worker_keys)
    return Worker.of(ring(settings), vault(settings))


def _not_on_a_worker(settings: Settings, key: str) -> None:
    # Even where the files could be read: who was told to be a worker, and not where keys are, is to open nothing.
    if settings.worker_keys is not None and settings.keys is None:
        raise Stop("key-not-here", key=key, path=str(settings.worker_keys))


def _is_first(keyring: Path) -> bool:
    return not keyring.exists() or migrate.is_old(files.read(keyring, "keyring"))


def _token(settings: Settings) -> tuple[Path, str, Path]:
    module, pin = settings.pkcs11_module, settings.pkcs11_pin_file
    if module is None or pin is None:
        raise Stop("key-provider-settings")
    return module, settings.pkcs11_token, pin
