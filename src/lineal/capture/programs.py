"""Programs: what a command line, or the text of a shell, says of other programs than Python, and of their files.

An estimate, from the words alone: what a program opens by itself, and what variables and substitutions stand for, is
not known.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lineal.capture.program import KEPT_SIZE

_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh"})
_PYTHON = re.compile(r"(?:python|pypy|ipython)[\d.]*t?$")
_WRAPPERS = frozenset({
    "env", "nice", "nohup", "time", "exec", "command", "xargs", "stdbuf", "timeout", "sudo", "taskset", "numactl",
    "mpirun", "mpiexec", "srun", "uv", "poetry", "pipenv", "pdm", "hatch", "pixi", "conda", "mamba", "micromamba",
})  # fmt: skip
_SEEN = frozenset({
    "if", "then", "else", "elif", "fi", "for", "do", "done", "while", "until", "case", "esac", "in", "function", "{",
    "}", "!", "[", "[[", ":", ".", "cd", "export", "set", "unset", "source", "local", "read", "return", "shift", "trap",
    "ulimit", "exit", "eval", "wait", "alias", "declare", "readonly", "echo", "printf", "test", "true", "false", "pwd",
    "git", "uname", "hostname", "whoami", "id", "date", "sleep", "nproc", "lscpu", "nvidia-smi", "rocm-smi", "which",
    "type", "tee", "mkdir", "rmdir", "rm", "touch", "chmod", "kill", "ps", "lineal",
})  # fmt: skip
"""Words of the shell, and programs that read no data: git answers a rebuild from the code."""

_BEFORE_COMMANDS = frozenset({"then", "else", "elif", "do", "if", "while", "until", "{", "!"})
_BETWEEN = frozenset(";|&()")
_ASSIGNS = re.compile(r"[A-Za-z_]\w*=")
_DEFINES = re.compile(r"^([A-Za-z_]\w*)\s*[:?]?=\s*(.*)$")
_RUN_BY_A_SHELL = re.compile(r"#!\s*(?:/usr/bin/env\s+|\S*/)(?:ba|da|z|k)?sh\b(?!.*\n.*exec.*python)")
_SETS = re.compile(r"^\s*(?:export\s+)?([A-Za-z_]\w*)=([\"']?)([\w./-]+)\2\s*$", re.MULTILINE)
_MOST_LINES = 50


@dataclass(frozen=True, slots=True)
class Started:
    """What is started: the names of other programs, words that may name what they read, directories that are made."""

    programs: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    made: tuple[str, ...] = ()

    def __add__(self, other: Started) -> Started:
        """Return both together, each name once."""
        pairs = ((self.programs, other.programs), (self.words, other.words), (self.made, other.made))
        return Started(*(tuple(dict.fromkeys((*mine, *theirs))) for mine, theirs in pairs))


_Read = dict[str, Started]
"""Texts of shells, and what each starts as far as it was read: a text is read once, for it may start itself."""


def started_by(words: Sequence[str]) -> Started:
    """Return what a command line starts; Python tells of itself what it does, and is nothing here."""
    return _by_words(words, {})


def started_by_text(text: str) -> Started:
    """Return what the text of a shell starts."""
    return _by_text(text, {})


def _by_words(words: Sequence[str], read: _Read) -> Started:
    words = list(words)
    while words and (_ASSIGNS.match(words[0]) or words[0] in _BEFORE_COMMANDS):
        words.pop(0)
    if not words or _is_variable_python(words):
        return Started()
    name = os.path.basename(words[0])  # noqa: PTH119
    if name in _WRAPPERS:
        if any(_PYTHON.match(os.path.basename(word)) for word in words):  # noqa: PTH119
            return Started()
        rest = [place for place, word in enumerate(words) if place and not _is_of_a_wrapper(word)]
        return _by_words(words[rest[0] :], read) if rest else Started()
    if name in _SHELLS:
        return _by_shell(words[1:], read)
    if name in {"make", "gmake"}:
        return _by_make(words[1:], read)
    if name in _SEEN or _PYTHON.match(name):
        return _by_the_shell_itself(name, words[1:])
    return _by_file(words, read)


def _by_the_shell_itself(name: str, words: Sequence[str]) -> Started:
    if name == "mkdir":
        return Started(made=tuple(word for word in words if not word.startswith("-")))
    return Started(words=tuple(words[2:])) if name == "for" else Started()


def _by_file(words: Sequence[str], read: _Read) -> Started:
    script = _interpreter(words[0])
    if _RUN_BY_A_SHELL.match(script):
        return _by_shell([str(shutil.which(words[0])), *words[1:]], read)
    return Started() if "python" in script else Started((os.path.basename(words[0]),), tuple(words[1:]))  # noqa: PTH119


def _by_text(text: str, read: _Read) -> Started:
    if text in read:
        return read[text]
    read[text] = Started()
    values = {name: value for name, _, value in _SETS.findall(text)}
    filled = re.sub(r"\$\{?(\w+)\}?", lambda named: values.get(named[1], named[0]), text)
    functions = frozenset(re.findall(r"^\s*(?:function\s+)?([\w-]+)\s*\(\)", filled, re.MULTILINE))
    for words, given in _commands(filled):
        if words and words[0] not in functions:
            read[text] += _by_words(words, read)
        read[text] += Started(words=tuple(given))
    return read[text]


def _by_shell(words: Sequence[str], read: _Read) -> Started:
    for place, word in enumerate(words):
        if word.startswith("-") and not word.startswith("--") and "c" in word:
            return _by_text(words[place + 1], read) if place + 1 < len(words) else Started()
        if not word.startswith("-"):
            found = _by_text(_text(Path(word)), read)
            return found + Started(words=tuple(words[place + 1 :])) if found.programs else found
    return Started()


def makefiles(words: Sequence[str]) -> list[Path]:
    """Return where the Makefile of a `make` command may lie, the first that is there counts."""
    named = [words[place + 1] for place, word in enumerate(words[:-1]) if word in {"-f", "--file"}]
    return [Path(name) for name in (*named, "GNUmakefile", "makefile", "Makefile")]


def _by_make(words: Sequence[str], read: _Read) -> Started:
    """Return what a Makefile starts, whichever of its targets is asked for; what those depend on may be read."""
    text = next(filter(None, map(_text, makefiles(words))), "")
    lines = text.replace("\\\n", " ").splitlines()
    values = {defined[1]: defined[2] for line in lines if (defined := _DEFINES.match(line))}
    lines = [re.sub(r"\$[({](\w+)[)}]", lambda name: values.get(name[1], ""), line) for line in lines]
    recipes = "\n".join(re.sub(r"\$[@<^*?%+]", "", line[1:].lstrip("@-+ ")) for line in lines if line.startswith("\t"))
    rules = [line.partition(":")[2] for line in lines if ":" in line and not line.startswith(("\t", "."))]
    found = _by_text(recipes, read)
    needed = tuple(word for rule in rules for word in rule.split())
    return found + Started(words=needed) if found.programs else found


def _commands(text: str) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the words of each simple command of a shell, and what it is given as its input."""
    for tokens in _lines(text):
        words: list[str] = []
        read: list[str] = []
        rest = iter(tokens)
        for token in rest:
            if token[0] in "<>":
                following = next(rest, "")
                if not token.strip("<") and len(token) == 1:
                    read.append(following)
            elif set(token) <= _BETWEEN:
                yield words, read
                words, read = [], []
            else:
                words.append(token)
        yield words, read


def _lines(text: str) -> Iterator[list[str]]:
    """Yield the tokens of each line: one that ends within a quotation goes on, a text given in place is left out."""
    end: str | None = None
    begun = ""
    for line in text.replace("\\\n", " ").splitlines():
        if end is not None:
            end = None if line.strip() == end else end
            continue
        begun = f"{begun}\n{line}" if begun else line
        lexer = shlex.shlex(begun, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        try:
            tokens = list(lexer)
        except ValueError:
            begun = begun if begun.count("\n") < _MOST_LINES else ""
            continue
        begun = ""
        if "<<" in tokens[:-1]:
            end = tokens[tokens.index("<<") + 1].lstrip("-")
        yield [token for token in tokens if token]


def _is_variable_python(words: Sequence[str]) -> bool:
    """Whether a variable stands for the program, and what follows is for Python: `$PYTHON train.py`."""
    is_told = "python" in words[0].lower() or any(word.endswith(".py") for word in words[1:])
    return words[0].startswith(("$", "-")) and (is_told or words[0].startswith("-"))


def _is_of_a_wrapper(word: str) -> bool:
    return word.startswith("-") or word == "run" or word[:1].isdecimal()


def _interpreter(word: str) -> str:
    """Return the first lines of a command that is a script, such as `torchrun`, which Python executes."""
    path = shutil.which(word)
    if path is None:
        return "#!python" if word.endswith(".py") else ""
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            first = file.readline(200) + file.readline(500)  # a long path of Python stands in the second line
    except OSError:
        return ""
    return first.decode("utf-8", "replace") if first.startswith(b"#!") else ""


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace") if path.stat().st_size <= KEPT_SIZE else ""
    except (OSError, ValueError):  # ValueError: the name has a NUL, as in a program that is no text
        return ""
