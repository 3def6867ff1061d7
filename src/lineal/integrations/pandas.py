"""pandas: each `read_…` of a file, URL or query is one observed input, each `to_…` to one an observed output."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from lineal.capture.fingerprints.frames import is_frame
from lineal.capture.queries import redact_query
from lineal.capture.secrets import redact
from lineal.integrations.hooks import Call, Patches, after
from lineal.integrations.listener import Listener, Read, Written
from lineal.integrations.sources import GROUP, is_partial, place_of
from lineal.model.values import Value

_READ = "csv table fwf json parquet feather orc excel pickle hdf stata sas spss xml html"
_ASKED = "sql sql_query sql_table"
_WRITTEN = "csv json parquet feather orc excel pickle hdf stata xml html latex"
_PLACES = ("filepath_or_buffer", "path", "path_or_buf", "path_or_buffer", "io", "excel_writer", "buf")
_PARTS = (
    "usecols",
    "columns",
    "nrows",
    "skiprows",
    "skipfooter",
    "chunksize",
    "iterator",
    "filters",
    "sheet_name",
    "key",
)
_LONGEST_QUERY = 10_000


def install(pandas: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook the readers and the writers of frames and series."""
    for name in (f"read_{kind}" for kind in _READ.split()):
        patches.patch_function("pandas", getattr(pandas, name, None), after(_told_read(listener, name), group=GROUP))
    for name in (f"read_{kind}" for kind in _ASKED.split()):
        patches.patch_function("pandas", getattr(pandas, name, None), after(_told_query(listener, name), group=GROUP))
    for owner, name in sorted(_writers(pandas), key=str):
        patches.patch(owner, name, after(_told_write(listener, name), group=GROUP))


def database_of(connection: object) -> str | None:
    """Return the file of an SQLite connection, or the URL of SQLAlchemy's without its password."""
    execute = getattr(connection, "execute", None)
    if type(connection).__module__ == "sqlite3" and callable(execute):
        files = [row[2] for row in execute("PRAGMA database_list") if row[1] == "main"]
        return files[0] or None if files else None
    url = connection if isinstance(connection, str) else getattr(getattr(connection, "engine", None), "url", None)
    render = getattr(url, "render_as_string", None)
    text = render(hide_password=True) if callable(render) else url
    return redact(text) if isinstance(text, str) else None


def query_text(query: object) -> str:
    """Return the text of a query without secrets, cut where it is very long."""
    return redact_query(str(query))[:_LONGEST_QUERY]


def _writers(pandas: ModuleType) -> set[tuple[type, str]]:
    """Return the writers with the class that has them: some are defined once for frames and series."""
    found: set[tuple[type, str]] = set()
    for owner in (pandas.DataFrame, pandas.Series):
        for name in (f"to_{kind}" for kind in _WRITTEN.split()):
            holder = next((cls for cls in owner.__mro__ if name in vars(cls)), None)
            if holder is not None:
                found.add((holder, name))
    return found


def _told_read(listener: Listener, name: str) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        path = place_of(_place(call, 0))
        if path is not None:
            facts: dict[str, Value] = {"partial": True} if is_partial(call.kwargs, _PARTS) else {}
            type_ = "Dataset" if name == "read_pickle" and is_frame(call.result) else None
            listener.read(Read(by=f"pandas.{name}", path=path, thing=call.result, type=type_, facts=facts))

    return tell


def _told_query(listener: Listener, name: str) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        query = call.argument("sql" if "table_name" not in call.kwargs else "table_name", 0)
        path = database_of(call.argument("con", 1))
        text = query_text(query)
        listener.read(
            Read(by=f"pandas.{name}", path=path, name=None if path else "query", thing=call.result, query=text)
        )

    return tell


def _told_write(listener: Listener, name: str) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        path = place_of(_place(call, 1))
        if path is not None:
            type_ = "Dataset" if name == "to_pickle" else None  # by its ending it is a model
            listener.wrote(Written(by=f"pandas.{name}", path=path, thing=call.args[0], type=type_))

    return tell


def _place(call: Call, position: int) -> object:
    if position < len(call.args):
        return call.args[position]
    return next((call.kwargs[name] for name in _PLACES if name in call.kwargs), None)
