"""The API: what it answers, and how it says that something went wrong."""
