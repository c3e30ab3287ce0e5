"""Certificates of clean energy."""
