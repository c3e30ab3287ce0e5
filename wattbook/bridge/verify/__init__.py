"""From what sources hand over to what the outbox stores: whose it is, whether it is so, whether it can be."""
