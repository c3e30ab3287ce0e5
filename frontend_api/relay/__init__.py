"""Sends what members signed, so that a household needs no gas."""
