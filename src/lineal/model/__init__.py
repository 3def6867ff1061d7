"""The words of Lineal as frozen data, without any I/O."""
