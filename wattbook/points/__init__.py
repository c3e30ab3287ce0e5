"""Points for clean energy."""
