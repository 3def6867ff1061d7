"""`lineal demo`: the main job on real data, in one command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lineal.cli.options import Verbose
from lineal.demo.start import run_demo


def demo(
    directory: Annotated[
        Path | None, typer.Option("--dir", metavar="DIR", help="Put the whole workspace under this directory.")
    ] = None,
    no_serve: Annotated[
        bool, typer.Option("--no-serve", help="Do not start the web application; end by itself.")
    ] = False,
    small: Annotated[bool, typer.Option("--small", help="Fewer flights and smaller models: seconds.")] = False,
    # Not from LINEAL_URL: what --dir says holds whatever the environment names.
    url: Annotated[
        str | None, typer.Option("--url", metavar="URL", help="Another workspace than the directory's.")
    ] = None,
    verbose: Verbose = False,  # noqa: ARG001  read by its callback
) -> None:
    """Build flight-delay models from real data, record everything, serve one, and ask the questions.

    Needs the extra: pip install 'lineal[demo]'.
    """
    raise typer.Exit(run_demo(directory, url=url, serve=not no_serve, small=small))
