"""`lineal upgrade`: bring a workspace to the schema of this Lineal."""

from __future__ import annotations

from lineal.cli.options import AnswerFormat, AsAnswer, Url, Verbose
from lineal.cli.output import print_json, print_text
from lineal.workspace import open_workspace
