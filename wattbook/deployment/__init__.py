"""Founding a market on a chain, and checking that what stands there is it."""
