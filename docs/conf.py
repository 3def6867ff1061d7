"""How Sphinx builds the pages; `make docs` turns each of its warnings into an error."""

from importlib.metadata import version as installed_version

project = "Lineal"
author = "the Lineal authors"
version = release = installed_version("lineal")

extensions = ["myst_parser", "sphinx.ext.doctest"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "Lineal"
html_copy_source = False
html_show_sourcelink = False
