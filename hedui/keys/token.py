"""A PKCS#11 token as the holder of the master key: tested with SoftHSM2. Needs the extra `hsm`.

The master key is an AES-256 key that the token made and never gives away. Each secret that is wrapped *alone* has
another such key, whose destruction makes every copy of what lies under it dead, backups included.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag

from catalogue.problems import Stop
from hedui.keys import files
from hedui.keys.files import NotPickled
from hedui.keys.providers import NONCE, TAG, About, wrapping

_BITS = 256
_ID = 8
_MASTER, _ALONE = b"\x01", b"\x02"  # the first byte of what is wrapped: under which key it lies


class Pkcs11Provider(NotPickled):
    """A token, found by its label, in which Hedui's keys bear labels that begin with `label`.

    Nothing is opened before it is needed. After a fork the child opens the token anew.
    """

    def __init__(self, module: Path, token: str, pin_file: Path, label: str = "hedui") -> None:
        self._module, self._token, self._pin_file, self._label = module, token, pin_file, label
        self._session: Any = None  # of the extra `hsm`, which need not be installed
        self._process = 0
        self._alone = threading.RLock()  # a session does one thing at a time

    def __repr__(self) -> str:
        return f"Pkcs11Provider({str(self._module)!r}, {self._token!r})"

    def about(self) -> About:
        """Say which token and key. Raises Stop: `token-lacks-key`, `token-unusable`, those of the PIN's file."""
        with self._opened() as session:
            key = self._key(session, self._label)
            if key is None:
                raise Stop("token-lacks-key", token=self._token, label=self._label)
            from pkcs11 import Attribute

            return About("pkcs11", f"{self._token}/{self._label}", bytes(key[Attribute.ID]).hex(), erases=True)

    def prepare(self) -> None:
        """Make the master key in the token unless it is there."""
        with self._opened() as session:
            if self._key(session, self._label) is None:
                _made(session, self._label)

    def wrap(self, name: str, secret: bytes, *, alone: bool = False) -> bytes:
        """Seal a secret in the token: which key (1 byte), a random nonce, AES-256-GCM with the name bound to it."""
        from pkcs11 import GCMParams, Mechanism

        nonce = os.urandom(NONCE)
        with self._opened() as session:
            key = self._key(session, self._named(name) if alone else self._label)
            if key is None and not alone:
                raise Stop("token-lacks-key", token=self._token, label=self._label)
            key = key or _made(session, self._named(name))
            params = GCMParams(nonce, wrapping(name))
            sealed = key.encrypt(secret, mechanism=Mechanism.AES_GCM, mechanism_param=params)
        return (_ALONE if alone else _MASTER) + nonce + bytes(sealed)

    def unwrap(self, name: str, wrapped: bytes) -> bytes:
        """Open a secret in the token; `InvalidTag` where it was changed, is another's, or its key was erased."""
        from pkcs11 import GCMParams, Mechanism
        from pkcs11 import exceptions as wrong

        which, nonce, sealed = wrapped[:1], wrapped[1 : 1 + NONCE], wrapped[1 + NONCE :]
        if which not in {_MASTER, _ALONE} or len(sealed) < TAG:
            raise InvalidTag
        with self._opened() as session:
            key = self._key(session, self._named(name) if which == _ALONE else self._label)
            if key is None:
                raise InvalidTag
            params = GCMParams(nonce, wrapping(name))
            try:
                return bytes(key.decrypt(sealed, mechanism=Mechanism.AES_GCM, mechanism_param=params))
            # PKCS#11 has names for this; SoftHSM2 says "general error" where a tag does not hold.
            except (wrong.EncryptedDataInvalid, wrong.EncryptedDataLenRange, wrong.GeneralError):
                raise InvalidTag from None

    def erase(self, name: str) -> bool:
        """Destroy the key of a name in the token, which also may have gone before: then too True."""
        with self._opened() as session:
            for key in self._keys(session, self._named(name)):
                key.destroy()
        return True

    def _named(self, name: str) -> str:
        return f"{self._label}/{name}"

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        try:
            from pkcs11 import exceptions as wrong
        except ImportError:
            raise Stop("token-unusable", token=self._token, error="python-pkcs11") from None
        with self._alone:
            try:
                if self._session is None or self._process != os.getpid():
                    self._session = self._login()
                    self._process = os.getpid()
                yield self._session
            except wrong.PKCS11Error as error:
                self._session = None  # a token that was pulled out and put back is opened anew
                raise Stop("token-unusable", token=self._token, error=type(error).__name__) from None

    def _login(self) -> Any:
        import pkcs11
        from pkcs11 import exceptions as wrong

        pin = files.read(self._pin_file, "pin").decode("utf-8", "replace").strip()
        library: Any = pkcs11.lib(str(self._module))
        if self._process not in {0, os.getpid()}:
            library.reinitialize()  # the standard asks it of a child: sessions do not survive a fork
        token = library.get_token(token_label=self._token)
        try:
            return token.open(rw=True, user_pin=pin)
        except wrong.UserAlreadyLoggedIn:  # a login holds for the whole process
            return token.open(rw=True)

    def _key(self, session: Any, label: str) -> Any:
        found = self._keys(session, label)
        if len(found) > 1:  # made by somebody else: which of them it was cannot be told
            raise Stop("token-unusable", token=self._token, error=f"{len(found)} × {label}")
        return found[0] if found else None

    def _keys(self, session: Any, label: str) -> list[Any]:
        from pkcs11 import Attribute, KeyType, ObjectClass

        wanted = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES, Attribute.LABEL: label}
        return list(session.get_objects(wanted))


def _made(session: Any, label: str) -> Any:
    from pkcs11 import Attribute, KeyType, MechanismFlag

    return session.generate_key(
        KeyType.AES,
        _BITS,
        id=os.urandom(_ID),
        label=label,
        store=True,
        capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
        template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
    )
