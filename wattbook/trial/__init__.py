"""A market of its own on a fresh local chain, in which books are run through the contracts as members would.

What it takes from the local chain is what only such a chain has: transactions without signatures, a clock that is set,
and, where a case states what only luck or the authority's delay would bring, the authority's word and a storage word.
"""
