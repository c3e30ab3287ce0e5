"""Energy Packages: prepaid supply by steps, by flow and by area, from tariffs that are data (docs/packages.md)."""
