"""ML Metadata's Python interface on a Lineal store: the same names, the same messages, the same errors."""
