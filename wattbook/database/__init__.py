"""Databases with tables that come by steps: in a file or on a PostgreSQL server."""
