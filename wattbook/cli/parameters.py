"""What commands take."""

import re
from collections.abc import Callable

import click

from wattbook.errors import UnitError
from wattbook.months import MONTHS_A_YEAR


class Amount(click.ParamType):
    """An exact amount, in its smallest units."""

    def __init__(self, name: str, parse: Callable[[str], int]) -> None:
        self.name, self._parse = name, parse

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return self._parse(value)
        except UnitError as error:
            self.fail(str(error), param, ctx)


class Month(click.ParamType):
    """A month of the calendar, counted from January 1970."""

    name = "YYYY-MM"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if not re.fullmatch(r"(19[7-9]|[2-9]\d\d)\d-(0[1-9]|1[0-2])", value):
            self.fail(f"{value} is not a month like 2027-01", param, ctx)
        return (int(value[:4]) - 1970) * MONTHS_A_YEAR + int(value[5:]) - 1
