"""The index: follows the chain, and keeps what the market's contracts tell in a database."""
