"""A whole park, alive on one machine: chain, meters, bridges, traders, settlement, index and pages (docs/park.md)."""
