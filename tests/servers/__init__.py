"""Throw-away database servers for tests; see `plugin` for the fixtures."""
