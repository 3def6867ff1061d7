"""Serving: what answered is what was loaded, and every answer is recorded before it leaves."""
