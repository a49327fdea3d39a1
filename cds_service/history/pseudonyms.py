"""Keyed hashes that stand for identifiers: equal ones can be joined, none can be read back."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cds_service.errors import HistoryUnavailable, SettingsError

_KEY_BYTES: Final = 32
_LENGTH: Final = 32


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Makes pseudonyms with one secret key; another key makes others, which join with nothing."""

    key: bytes

    def __repr__(self) -> str:
        return "Pseudonyms(key=<not shown>)"

    def of(self, kind: str, *parts: str) -> str:
        """32 hexadecimal digits for one identifier. `kind` keeps the pseudonyms of one kind apart."""
        # Each part is given its length, so that no two lists of parts read the same.
        message = "".join(f"{len(part)}:{part}" for part in (kind, *parts))
        digest = hmac.new(self.key, message.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return digest.hexdigest()[:_LENGTH]


def load_pseudonyms(path: Path) -> Pseudonyms:
    """Reads the key file, or makes it, readable by its owner alone. Workers that start at once get one key.

    Raises HistoryUnavailable when the file can be neither read nor made, and SettingsError when it holds no key.
    """
    try:
        if not path.exists():
            _write_once(path, secrets.token_hex(_KEY_BYTES))
        key = bytes.fromhex(path.read_text("ascii").strip())
    except OSError as error:
        raise HistoryUnavailable(
            f"{path}: the key for pseudonyms can be neither read nor made ({error.strerror})"
        ) from None
    except ValueError:
        # Its text may show what the file holds.
        raise SettingsError((f"{path}: no usable key for pseudonyms (not hex digits)",)) from None
    if len(key) < _KEY_BYTES:
        raise SettingsError(
            (f"{path}: the key has {len(key)} bytes; expected {_KEY_BYTES} or more, as hex digits",)
        )
    return Pseudonyms(key)


def _write_once(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
        # A link is made whole or not at all: the first worker wins, the others read its key.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
