"""What tests assert with: whole events, named errors with all their arguments, time on the test chain."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.node import pass_time as pass_time
from wattbook import ContractRevert
from wattbook.chain import Receipt

# Unix seconds later than any test gets.
FAR = 4_000_000_000


def check_event(receipt: Receipt, name: str, /, **args: object) -> None:
    """The receipt has exactly one event of this name, with exactly these arguments."""
    assert receipt.event(name).args == args


@contextmanager
def refused(error: type[ContractRevert], /, **args: object) -> Iterator[None]:
    """What is done inside reverts with this error and exactly these arguments."""
    with pytest.raises(ContractRevert) as caught:
        yield
    assert type(caught.value) is error, f"expected {error.__name__}, got {caught.value}"
    assert dict(zip(error.FIELDS, caught.value.arguments, strict=True)) == args
