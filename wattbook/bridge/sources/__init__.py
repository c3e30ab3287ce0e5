"""Where readings come from: one module a transport."""
