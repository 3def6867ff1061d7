"""What a run captures by itself: code, environment, hardware, seeds, and the fingerprints of its data."""
