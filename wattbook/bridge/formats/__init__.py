"""What meters hand over: one module a format, and what they share."""
