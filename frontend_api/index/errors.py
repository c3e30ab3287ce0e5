"""What can go wrong while the chain is followed."""

from wattbook.errors import WattbookError


class IndexingError(WattbookError):
    """An event that cannot be understood, or a chain that cannot be the market's."""


class NodeDoubted(WattbookError):
    """The node contradicts itself, or does not have what it says it has. It is asked again later."""
