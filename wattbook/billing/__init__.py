"""Statements of accounts and the bills of a month, rebuilt from what the chain has told."""
