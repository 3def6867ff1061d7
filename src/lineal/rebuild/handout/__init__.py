"""What an exported recipe carries along: programs of the standard library alone, copied as they are.

Never imported by the rest of Lineal: they run where there is none.
"""
