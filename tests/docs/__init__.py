"""The documentation, read as a stranger would."""
