"""The module that ML Metadata's generated code has here."""
