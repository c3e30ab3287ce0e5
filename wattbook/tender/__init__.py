"""The sealed tender: an owner offers energy, users quote in confidence, the owner picks (docs/tender.md)."""
