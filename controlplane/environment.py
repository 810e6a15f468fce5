"""Reads settings from the environment, each also from the file that NAME_FILE names. No Django.

A wrong value ends the process with one line that names the setting, never its value: it may be a secret.
"""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote, urlsplit

import environ

TRUE = environ.Env.BOOLEAN_TRUE_STRINGS
FALSE = ("false", "off", "n", "no", "0")


class Settings:
    """What the environment says of one setting at a time; the default is what is taken when it says nothing."""

    def __init__(self, given: Mapping[str, str] = os.environ) -> None:
        self._given = given

    def text(self, name: str, default: str = "") -> str:
        """The value as it stands, or what the file holds without the line's end."""
        path = self._given.get(f"{name}_FILE")
        if not path:
            return self._given.get(name, default)
        try:
            return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            stop(f"{name}_FILE: {path} cannot be read: {reason}.")

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false; anything else stops the process, because a misspelt yes must not mean no."""
        value = self.text(name).strip().lower() or str(default).lower()
        if value not in (*TRUE, *FALSE):
            stop(f"{name} must be true or false.")
        return value in TRUE

    def number(self, name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
        """A whole number of at least `least`, and at most `most` where there is one."""
        value = self.text(name).strip() or str(default)
        if not value.isdecimal() or int(value) < least:
            stop(f"{name} must be a whole number of at least {least}.")
        if most is not None and int(value) > most:
            stop(f"{name} must be a whole number of at most {most}.")
        return int(value)

    def one_of(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        """One of a few words."""
        value = self.text(name).strip() or default
        if value not in choices:
            stop(f"{name} must be one of {', '.join(choices)}.")
        return value

    def matching(self, name: str, default: str, pattern: str, what: str) -> str:
        """A text of a known form, said in words by `what`; empty is the default."""
        value = self.text(name).strip() or default
        if value and not re.fullmatch(pattern, value):
            stop(f"{name} must be {what}.")
        return value

    def words(self, name: str, default: tuple[str, ...] = ()) -> list[str]:
        """Parts between commas; none of them empty."""
        return [word.strip() for word in self.text(name, ",".join(default)).split(",") if word.strip()]

    def address(self, name: str, default: str, schemes: tuple[str, ...], *, is_needed: bool = False) -> str:
        """An address that begins with one of the schemes; `is_needed`: the default does not do."""
        if is_needed and not self.text(name).strip():
            stop(f"{name} must be set in production; docs/operating.md says what to.")
        kinds = " or ".join(f"{scheme}://" for scheme in schemes)
        found = self.matching(name, default, f"({'|'.join(schemes)})://.+", f"an address that begins with {kinds}")
        if not found.startswith("sqlite:") and not _has_port(found):
            stop(f"{name} must be an address whose port, if it has one, is a number.")
        return found

    def broker(self, name: str, *, is_needed: bool = False) -> str:
        """The address of a Redis or Valkey; the database in it is a number, where one is named."""
        address = self.address(name, "", ("redis", "rediss", "unix"), is_needed=is_needed)
        parts = urlsplit(address)
        database = parts.path.strip("/") if parts.scheme.startswith("redis") else ""
        if database and not database.isdecimal():
            stop(f"{name} must name its database by number, such as redis://host:6379/0.")
        return address

    def database(self, name: str, default: str, *, is_needed: bool = False) -> dict[str, Any]:
        """Django's own words for the database; DATABASE_PASSWORD stands for the one its address leaves out."""
        address = self.address(name, default, ("postgres", "postgresql", "sqlite"), is_needed=is_needed)
        password = self.text("DATABASE_PASSWORD")
        return self._parse(name, lambda: _parse_database(address, password))

    @staticmethod
    def _parse(name: str, parse: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        try:
            return parse()
        except (ValueError, environ.ImproperlyConfigured):
            stop(f"{name} is no database address: postgres://user:password@host:5432/name, or sqlite:///path.")


def _has_port(address: str) -> bool:
    try:
        return urlsplit(address).port != 0
    except ValueError:
        return False


def _parse_database(address: str, password: str) -> dict[str, Any]:
    parts = urlsplit(address)
    if password and not parts.password and parts.username:
        place = parts.netloc.replace("@", f":{quote(password, safe='')}@", 1)
        address = parts._replace(netloc=place).geturl()
    found: dict[str, Any] = environ.Env.db_url_config(address)
    if not found.get("NAME"):
        raise ValueError("no database is named")
    return found


def stop(why: str) -> NoReturn:
    """End the process with the one line."""
    raise SystemExit(f"Signalbox: {why}")
