"""Where the index is kept: a file of SQLite, or PostgreSQL."""
