"""The main job on real data, through the public SDK only: also the longest example of how to use it.

`main` needs the `demo` extra; `start` says so in a sentence where it is missing.
"""
