"""Readings of meters: keys, records, intervals, trees."""
