"""Tables of TOML, read field by field: what is missing, of another kind or unknown is said in one line."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from wattbook.errors import SettingsError

_VARIABLE = re.compile("[A-Za-z_][A-Za-z0-9_]*")
_MISSING = object()


class Table:
    """A table whose fields are each asked for once. `done` refuses those that nobody asked for."""

    def __init__(self, where: str, folder: Path, values: dict[str, Any]) -> None:
        self.where = where
        self._folder = folder
        self._values = dict(values)

    @classmethod
    def of_file(cls, path: Path) -> "Table":
        try:
            return cls(str(path), path.resolve().parent, tomllib.loads(path.read_text()))
        except OSError as error:
            raise SettingsError(f"{path} cannot be read: {error.strerror}") from None
        except ValueError as error:
            raise SettingsError(f"{path}: {error}") from None

    def has(self, name: str) -> bool:
        return name in self._values

    def refuse(self, name: str, why: str) -> None:
        """Says why a field cannot stand here."""
        if self.has(name):
            raise self.error(f"{name} {why}")

    def error(self, message: str) -> SettingsError:
        return SettingsError(f"{self.where}: {message}")

    def text(self, name: str, *, one_of: Sequence[str] = ()) -> str:
        value = self._take(name)
        if not isinstance(value, str) or not value or not value.isprintable():
            raise self.error(f"{name} is {value!r}, no text")
        if one_of and value not in one_of:
            raise self.error(f"{name} is {value!r}, not {' or '.join(one_of)}")
        return value

    def number(self, name: str, least: int, most: int) -> int:
        value = self._take(name)
        if type(value) is not int or not least <= value <= most:
            raise self.error(f"{name} is {value!r}, not a whole number from {least} to {most}")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        values = self._take(name)
        if not isinstance(values, list) or not all(
            isinstance(one, str) and one and one.isprintable() for one in values
        ):
            raise self.error(f"{name} is {values!r}, no list of texts")
        return tuple(values)

    def moment(self, name: str) -> int:
        """Unix seconds of a date with a time and its distance from UTC."""
        value = self._take(name)
        if not isinstance(value, datetime) or value.tzinfo is None or value.microsecond:
            raise self.error(f"{name} is {value!s}, no date and time of the form 2026-10-01T00:00:00Z")
        return int(value.timestamp())

    def flag(self, name: str) -> bool:
        value = self._take(name)
        if not isinstance(value, bool):
            raise self.error(f"{name} is {value!r}, neither true nor false")
        return value

    def path(self, name: str) -> Path:
        """A path; one that is not absolute begins beside the file."""
        return self._folder / self.text(name)

    def variable(self, name: str) -> str:
        """The name of an environment variable."""
        value = self.text(name)
        if not _VARIABLE.fullmatch(value):
            raise self.error(f"{name} is {value!r}, no name of an environment variable")
        return value

    def table(self, name: str) -> "Table":
        value = self._take(name)
        if not isinstance(value, dict):
            raise self.error(f"{name} is not a table")
        return Table(f"{self.where}: {name}", self._folder, value)

    def tables(self, name: str) -> Iterator["Table"]:
        """Those of an array of tables, which may be missing."""
        values = self._values.pop(name, [])
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            raise self.error(f"{name} is not a list of tables of the form [[{name}]]")
        for number, value in enumerate(values, 1):
            label = value.get("name", value.get("device", number))
            yield Table(f"{self.where}: {name} {label!r}", self._folder, value)

    def done(self) -> None:
        if self._values:
            raise self.error(f"{next(iter(self._values))} is not known here")

    def _take(self, name: str) -> Any:
        value = self._values.pop(name, _MISSING)
        if value is _MISSING:
            raise self.error(f"{name} is missing")
        return value
