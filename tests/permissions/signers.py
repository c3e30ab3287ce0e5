"""Callers as those who sign."""

from tests.permissions.world import Caller


class Signer:
    """A caller's name with the key that he signs with, which may be another's."""

    def __init__(self, caller: Caller) -> None:
        assert caller.key
        self.address = caller.address
        self.sign_message = caller.key.sign_message
