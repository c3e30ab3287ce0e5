"""Scenarios: who lives in a place, what he makes and uses, how he trades, and what goes wrong; and what comes of it."""
