"""Statements and bills from the index: those of wattbook.billing, to the byte, without a node."""
