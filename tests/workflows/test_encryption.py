"""What rows keep secret: under which key it is, and who can read it."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.conf import LazySettings

from workflows import encryption

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))


def test_a_secret_is_not_kept_as_it_is(settings: LazySettings) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    kept = encryption.encrypt("canary")
    assert "canary" not in kept
    assert encryption.decrypt(kept) == "canary"


def test_the_first_key_encrypts_and_every_key_decrypts(settings: LazySettings) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    kept = encryption.encrypt("canary")
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert encryption.decrypt(kept) == "canary"
    rotated = encryption.rotate(kept)
    settings.ENCRYPTION_KEYS = [NEW]
    assert encryption.decrypt(rotated) == "canary"
    with pytest.raises(encryption.Unreadable, match="SIGNALBOX_ENCRYPTION_KEYS"):
        encryption.decrypt(kept)


def test_without_a_setting_one_key_is_kept_for_all_processes_of_the_machine(
    settings: LazySettings, tmp_path: Path
) -> None:
    settings.ENCRYPTION_KEYS, settings.VAR_DIR = [], tmp_path / "var"
    kept = encryption.encrypt("canary")
    assert encryption.decrypt(kept) == "canary"
    file = settings.VAR_DIR / "encryption_key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in settings.VAR_DIR.iterdir()] == [file.name]
