"""What people and programs see of a market: the index of what its contracts told, an API over it, and pages."""
