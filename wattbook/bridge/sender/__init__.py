"""Brings the outbox's transactions onto the chain with one key, through kills, reorgs and nodes that forget.

It knows calls and what names them, nothing of readings. Once on the chain is what the called contract sees to: it takes
each call once. The sender sees to the rest: that none is lost, and that one nonce is used for it however often it is
sent.
"""
