"""A keyring that is a file, and one that is broken: what tests name in PYTHON_KEYRING_BACKEND."""

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import KeyringError


class InFile(KeyringBackend):
    """Keeps passwords in the file that TEST_KEYRING names."""

    priority = 1

    @property
    def _path(self) -> Path:
        return Path(os.environ["TEST_KEYRING"])

    def get_password(self, service: str, username: str) -> str | None:
        kept: dict[str, str] = json.loads(self._path.read_text(encoding="utf-8")) if self._path.exists() else {}
        return kept.get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._path.write_text(json.dumps({f"{service} {username}": password}), encoding="utf-8")


class Broken(KeyringBackend):
    """Fails as a keyring does that nobody has unlocked."""

    priority = 1

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringError(f"locked: {service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringError(f"locked: {service} {username} {len(password)}")
