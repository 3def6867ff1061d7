"""The version of ML Metadata whose interface this is."""

__version__ = "1.17.1"
