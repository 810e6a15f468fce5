"""Encrypts what rows keep secret: the first key encrypts, every key is tried to decrypt, so keys can be rotated.

The keys are apart from SECRET_KEY: whoever can forge a session cannot read what is kept here. No queries here.
"""

import os
from functools import cache, lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Unreadable(Exception):
    """A secret was encrypted with none of the keys this process was given."""

    def __init__(self) -> None:
        super().__init__(
            "A secret cannot be decrypted: add the key it was encrypted with to SIGNALBOX_ENCRYPTION_KEYS."
        )


def encrypt(text: str) -> str:
    """Encrypt with the first key."""
    return _fernet().encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """What was encrypted with any of the keys. Raises Unreadable."""
    try:
        return _fernet().decrypt(token).decode()
    except InvalidToken:
        raise Unreadable from None


def rotate(token: str) -> str:
    """The same secret under the first key. Raises Unreadable."""
    try:
        return _fernet().rotate(token).decode()
    except InvalidToken:
        raise Unreadable from None


def _fernet() -> MultiFernet:
    """Of the keys of the settings; without any, of the one kept beside the database (never in production)."""
    return _of(tuple(settings.ENCRYPTION_KEYS or [_kept(settings.VAR_DIR / "encryption_key")]))


@lru_cache(maxsize=8)
def _of(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


@cache
def _kept(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    if not path.exists():
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key())
        try:
            os.link(draft, path)  # whoever comes second finds the key of the first
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii")
