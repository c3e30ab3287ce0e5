"""The steps, each in a file."""
