"""Plants pledged to investors: who is admitted, how their earnings are shared, how a pool lives (docs/finance.md)."""
