"""What the market costs: gas on a fresh local chain, code sizes, speed, beside the systems to beat."""
