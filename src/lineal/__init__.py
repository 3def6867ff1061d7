"""Lineal: ask any model or prediction where it came from, and prove it."""
