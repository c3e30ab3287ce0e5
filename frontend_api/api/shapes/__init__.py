"""What answers look like, and how the index's words become the API's."""
