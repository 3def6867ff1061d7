"""Runs the programs and prints what they saw, as JSON.

`run.py` alone runs them on the `ml_metadata` that is installed, the real one (`make conformance`), and `run.py --ours`
on Lineal's, after `install()`. `run.py WHOSE COMMAND …`, with `--ours` or `--theirs`, runs them on what COMMAND answers
for each line: the port of a fresh gRPC server, or the URL of a fresh database.
"""

from __future__ import annotations

import importlib
import inspect
import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

sys.path.insert(0, str(Path(__file__).parent))

MODULES = ("types", "nodes", "edges", "listing", "lineage", "flows", "wire")


def programs():
    """Yield name and function of every program: the functions that take a tape and nothing else."""
    for name in MODULES:
        module = importlib.import_module(f"programs_{name}")
        for title, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and list(inspect.signature(function).parameters) == ["tape"]:
                yield f"{name}: {title.replace('_', ' ')}", function


def observe(**options):
    from tape import Tape

    seen = {}
    for name, program in programs():
        tape = Tape(**options)
        program(tape)
        seen[name] = tape.steps
    return {name: steps for name, steps in seen.items() if steps}  # a maker of a store is no program


def served(command):
    """Give the process of a command, and a function that gives the configuration of something fresh at each call."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def fresh():
        process.stdin.write("\n")
        process.stdin.flush()
        return config_of(process.stdout.readline().strip())

    return process, fresh


def config_of(answer):
    from ml_metadata.proto import metadata_store_pb2 as pb

    if answer.isdigit():
        return pb.MetadataStoreClientConfig(host="127.0.0.1", port=int(answer))
    url = urlsplit(answer)
    who = {"host": url.hostname, "user": url.username, "password": unquote(url.password)}
    name = url.path.strip("/")
    if url.scheme == "mysql":
        return pb.ConnectionConfig(mysql=pb.MySQLDatabaseConfig(**who, port=url.port, database=name))
    return pb.ConnectionConfig(postgresql=pb.PostgreSQLDatabaseConfig(**who, port=str(url.port), dbname=name))


def main(arguments):
    if arguments[:1] == ["--ours"]:
        from lineal.compat.mlmd import install

        install()
    if not arguments[1:]:
        return observe()
    process, fresh = served(arguments[1:])
    try:
        return observe(fresh=fresh)
    finally:
        process.stdin.close()
        process.wait()


if __name__ == "__main__":
    json.dump(main(sys.argv[1:]), sys.stdout, indent=1, sort_keys=True, ensure_ascii=False)
