"""One word per thing: names in the source use the project's words, never their synonyms."""

from __future__ import annotations

import ast
import re

# never → what we say
INSTEAD = {
    "entity": "Artifact, Execution or Context",
    "entities": "artifacts, executions or contexts",
    "asset": "Artifact",
    "assets": "artifacts",
    "link": "Event, Attribution or Association",
    "links": "events",
    "relation": "Event, Attribution or Association",
    "relations": "events",
    "job": "Run",
    "jobs": "runs",
    "task": "Run or step",
    "tasks": "runs or steps",
    "trial": "Run",
    "ancestor": "upstream",
    "ancestors": "upstream",
    "descendant": "downstream",
    "descendants": "downstream",
    "hash": "fingerprint",
    "hashes": "fingerprints",
    "checksum": "fingerprint",
    "md5": "fingerprint",
    "blockchain": "ledger",
    "tenant": "workspace",
    "util": "the noun it is about",
    "utils": "the noun it is about",
    "common": "the noun it is about",
    "helpers": "the noun it is about",
    "manager": "the noun it is about",
}

# Verbs that a store does not use: put, get and list are its own.
STORE_VERBS = {"save": "put", "fetch": "get", "load": "get"}

# Names that others chose, and that would mislead under another word.
GIVEN = {
    "__hash__": "Python's own",
    "hash_seed": "PYTHONHASHSEED",
    "hash_seed_item": "PYTHONHASHSEED",
    "python_hash_seed": "PYTHONHASHSEED",
    "is_link": "the file system's symbolic link",
    "pipeline_asset": "an attribute of MLMD's MetadataStore",
    "data_hash": "an argument of LineageTracker that the field's tutorials teach",
}


def words_of(name):
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+\d*", name)]


def defined_names(tree):
    """Yield line and name of every class, function, parameter and attribute of a class."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield node.lineno, node.name
            fields = [part.target for part in node.body if isinstance(part, ast.AnnAssign)]
            yield from ((field.lineno, field.id) for field in fields if isinstance(field, ast.Name))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.attr


def wrong_words(name):
    if name in GIVEN:
        return {}
    return {word: INSTEAD[word] for word in words_of(name) if word in INSTEAD}


def test_names_in_the_source_use_our_words(modules):
    wrong = {
        f"{module.name}:{line} {name}": found
        for module in modules
        for line, name in defined_names(module.tree)
        if (found := wrong_words(name))
    }

    assert wrong == {}


def test_modules_are_named_with_our_words(modules):
    wrong = {
        module.name: found
        for module in modules
        if (found := {part: wrong_words(part) for part in module.path.with_suffix("").parts[-2:] if wrong_words(part)})
    }

    assert wrong == {}


def test_public_names_of_the_store_put_get_and_list(modules):
    wrong = {
        f"{module.name}:{node.lineno} {node.name}": STORE_VERBS[node.name.split("_")[0]]
        for module in modules
        if module.name.startswith("lineal/store/")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef) and node.name.split("_")[0] in STORE_VERBS
    }

    assert wrong == {}


def test_the_check_finds_a_wrong_word_wherever_a_name_is_defined():
    source = "class TrialLink:\n    md5: str\n\n    def run_job(self, task_name):\n        self.checksum = task_name\n"

    found = {name for _, name in defined_names(ast.parse(source)) if wrong_words(name)}

    assert found == {"TrialLink", "md5", "run_job", "task_name", "checksum"}
