"""Other systems' interfaces on a Lineal store. Each is a package of its own, imported by its path."""
