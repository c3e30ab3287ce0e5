"""Objects of JSON, read field by field: what is missing, of another kind or unknown is said in one line."""

from collections.abc import Iterator
from typing import Any

from wattbook.errors import WattbookError
from wattbook.market.bounds import shown

_MISSING = object()


class PackageError(WattbookError):
    """A tariff, a park or a purchase that cannot be; the message names what is wrong."""


def whole(what: str, value: object, least: int, most: int) -> int:
    """The value, if it is an int within bounds."""
    if type(value) is not int or not least <= value <= most:
        raise PackageError(f"{what} must be a whole number from {least} to {most}, not {shown(value)}")
    return value


class Fields:
    """An object whose fields are each asked for once. `done` refuses those that nobody asked for."""

    def __init__(self, where: str, value: object) -> None:
        if not isinstance(value, dict):
            raise PackageError(f"{where} must be an object, not {shown(value)}")
        self.where = where
        self._values: dict[str, Any] = dict(value)

    def has(self, name: str) -> bool:
        return name in self._values

    def error(self, message: str) -> PackageError:
        return PackageError(f"{self.where}: {message}")

    def number(self, name: str, least: int, most: int) -> int:
        return whole(f"{self.where}.{name}", self._take(name), least, most)

    def text(self, name: str) -> str:
        value = self._take(name)
        if not isinstance(value, str) or not value or not value.isprintable():
            raise PackageError(f"{self.where}.{name} must be a text, not {shown(value)}")
        return value

    def one_of(self, name: str, *choices: str) -> str:
        value = self._take(name)
        if value not in choices:
            raise PackageError(f"{self.where}.{name} must be {' or '.join(choices)}, not {shown(value)}")
        return str(value)

    def value(self, name: str) -> Any:
        """What stands there, whatever it is."""
        return self._take(name)

    def fields(self, name: str) -> "Fields":
        return Fields(f"{self.where}.{name}", self._take(name))

    def list(self, name: str) -> Iterator[tuple[str, Any]]:
        """The items of a list, each with where it stands."""
        values = self._take(name)
        if not isinstance(values, list) or not values:
            raise PackageError(f"{self.where}.{name} must be a list with something in it, not {shown(values)}")
        return ((f"{self.where}.{name}[{place}]", value) for place, value in enumerate(values))

    def ignore(self, name: str) -> None:
        """Lets a field stand that is for people."""
        self._values.pop(name, None)

    def done(self) -> None:
        if self._values:
            raise self.error(f"{next(iter(self._values))} is not known here")

    def _take(self, name: str) -> Any:
        value = self._values.pop(name, _MISSING)
        if value is _MISSING:
            raise self.error(f"{name} is missing")
        return value
