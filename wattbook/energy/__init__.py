"""Energy of slots to come."""
