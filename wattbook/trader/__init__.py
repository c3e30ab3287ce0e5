"""A trader's toolkit: orders are sealed into a journal on disk, committed, revealed in time and watched to the end.

The journal comes first, always: a salt that is lost is a bond that is lost. What is sent stands in it before it is
sent, so that whoever starts again after a kill sends the same transaction and never a second order.
"""
