"""Compares two files by what they hold: `python compare_values.py KIND RECORDED MADE`, where the model's packages are.

For files whose bytes differ though their values may not: tables by pandas, arrays by NumPy, tensors, JSON, and models
by what they are made of. Prints one line of JSON: `same` (true, false, or null where it cannot be told) and a sentence.
A model is unpickled, which executes what is in it: it comes from the recipe you run.
"""

from __future__ import annotations

import io
import json
import math
import pickle
import struct
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

_VOLATILE = frozenset(
    {
        "n_jobs", "nthread", "num_threads", "n_threads", "_n_threads", "thread_count", "verbose", "verbosity", "memory",
        "pre_dispatch", "refit_time_", "mean_fit_time", "std_fit_time", "mean_score_time", "std_score_time",
        "_stop_words_id", "_sklearn_version",
    }
)  # fmt: skip
"""What says how, how long or where in memory a model was trained and not what it is."""

_TABLES = {
    "csv": "read_csv",
    "tsv": "read_csv",
    "parquet": "read_parquet",
    "pq": "read_parquet",
    "feather": "read_feather",
}
_PICKLES = ("pickle", "pkl", "joblib")
_PLAIN = (bool, int, str, bytes, bytearray, complex, set, frozenset, type(None))
_DEEP = 200


class Unknown(Exception):
    """It cannot be told whether they are the same; the message is why."""


class Differs(Exception):
    """They are not the same; the message is where."""


class Equal:
    """Two things gone through side by side; `parts` counts what was compared."""

    def __init__(self, aside: frozenset[str] = frozenset()) -> None:
        self.parts = 0
        self._aside = aside
        self._known: set[tuple[int, int]] = set()
        self._held: list[object] = []

    def check(self, one: Any, other: Any, place: str = "", depth: int = 0) -> None:
        """Raise Differs at the first part that is another one, Unknown at one that cannot be looked into."""
        if place in self._aside:
            return
        if type(one) is not type(other):
            raise Differs(f"{place or 'it'} was a {_named(one)} and is a {_named(other)}")
        if depth > _DEEP:
            raise Unknown(f"{place} is too deep")
        if isinstance(one, _PLAIN):
            self._plain(one == other, one, other, place)
        elif isinstance(one, float):
            self._plain(struct.pack("<d", one) == struct.pack("<d", other) or _both_nan(one, other), one, other, place)
        elif (id(one), id(other)) not in self._known:
            self._known.add((id(one), id(other)))
            self._held += (one, other)  # so that no other thing gets the number of one that is gone
            self._compound(one, other, place, depth)

    def _compound(self, one: Any, other: Any, place: str, depth: int) -> None:
        if isinstance(one, Mapping):
            self._mappings(one, other, place, depth)
        elif isinstance(one, list | tuple):
            self._lists(one, other, place, depth)
        elif callable(getattr(one, "detach", None)):
            self._tensors(one, other, place)
        elif hasattr(one, "dtype") and hasattr(one, "shape"):
            self._arrays(one, other, place, depth)
        else:
            self._objects(one, other, place, depth)

    def _mappings(self, one: Any, other: Any, place: str, depth: int) -> None:
        left, right = ({key: value for key, value in side.items() if key not in _VOLATILE} for side in (one, other))
        if left.keys() != right.keys():
            raise Differs(f"{place or 'it'} has other names: {sorted(map(str, left.keys() ^ right.keys()))[:5]}")
        for key in left:
            self.check(left[key], right[key], f"{place}.{key}" if place else str(key), depth + 1)

    def _lists(self, one: Any, other: Any, place: str, depth: int) -> None:
        if len(one) != len(other):
            raise Differs(f"{place or 'it'} had {len(one)} parts and has {len(other)}")
        for index, (left, right) in enumerate(zip(one, other)):  # noqa: B905  of one length
            self.check(left, right, f"{place}[{index}]", depth + 1)

    def _plain(self, is_same: bool, one: Any, other: Any, place: str) -> None:  # noqa: FBT001
        self.parts += 1
        if not is_same:
            raise Differs(f"{place or 'it'} was {str(one)[:60]!r} and is {str(other)[:60]!r}")

    def _tensors(self, one: Any, other: Any, place: str) -> None:
        if (one.dtype, one.shape) != (other.dtype, other.shape):
            raise Differs(f"{place} was {one.dtype} {tuple(one.shape)} and is {other.dtype} {tuple(other.shape)}")
        self.parts += 1
        left, right = one.detach().cpu(), other.detach().cpu()
        is_same = left.eq(right)
        if left.dtype.is_floating_point:
            is_same = is_same | (left.isnan() & right.isnan())
        if not bool(is_same.all()):
            raise Differs(f"{place} has {int((~is_same).sum())} other values of {left.numel()}")

    def _arrays(self, one: Any, other: Any, place: str, depth: int) -> None:
        import numpy as np

        left, right = np.asarray(one), np.asarray(other)
        if (left.dtype, left.shape) != (right.dtype, right.shape):
            raise Differs(f"{place} was {left.dtype} {left.shape} and is {right.dtype} {right.shape}")
        if left.dtype == object:
            self._lists(left.ravel().tolist(), right.ravel().tolist(), place, depth)
            return
        if left.dtype.names:
            for name in left.dtype.names:
                self._arrays(left[name], right[name], f"{place}.{name}", depth)
            return
        self.parts += 1
        is_same = left == right
        if left.dtype.kind in "fc":
            is_same = is_same | (np.isnan(left) & np.isnan(right))
        if not bool(np.all(is_same)):
            index = int(np.argmin(np.ravel(is_same)))
            was, is_now = np.ravel(left)[index], np.ravel(right)[index]
            raise Differs(f"{place or 'it'} at {index} was {was!s} and is {is_now!s}")

    def _objects(self, one: Any, other: Any, place: str, depth: int) -> None:
        if callable(one) and hasattr(one, "__qualname__"):
            self._plain((one.__module__, one.__qualname__) == (other.__module__, other.__qualname__), one, other, place)
            return
        states = [_state(each, place) for each in (one, other)]
        self.check(states[0], states[1], place, depth + 1)


def _state(thing: Any, place: str) -> Any:
    """Return what a thing is made of, as pickle sees it."""
    if type(thing).__module__.partition(".")[0] == "pandas":
        return _table_parts(thing)
    try:
        found = thing.__reduce_ex__(5)
    except Exception as error:
        raise Unknown(f"{place or 'it'} is a {_named(thing)}, which does not say what it is made of") from error
    if isinstance(found, str):
        return found
    made_of = [list(part) if part is not None and index > 2 else part for index, part in enumerate(found)]  # noqa: PLR2004
    if made_of[0] is getattr(sys.modules.get("copyreg"), "__newobj__", None) and made_of[1] == (type(thing),):
        return made_of[2:]
    return made_of


def _table_parts(thing: Any) -> Any:
    if hasattr(thing, "columns"):
        return [
            [str(name) for name in thing.columns],
            [thing.iloc[:, place].to_numpy() for place in range(thing.shape[1])],
        ]
    return thing.to_numpy() if hasattr(thing, "to_numpy") else repr(thing)


def _tables(kind: str, recorded: Path, made: Path, equal: Equal) -> None:
    try:
        import pandas as pd
    except ImportError as error:
        raise Unknown("pandas is not installed here") from error
    more = {"sep": "\t"} if kind == "tsv" else {}
    frames = [getattr(pd, _TABLES[kind])(path, **more) for path in (recorded, made)]
    one, other = frames
    if [str(name) for name in one.columns] != [str(name) for name in other.columns]:
        raise Differs(f"the columns were {list(one.columns)[:20]} and are {list(other.columns)[:20]}")
    if len(one) != len(other):
        raise Differs(f"there were {len(one)} rows and are {len(other)}")
    for place, name in enumerate(one.columns):
        left, right = one.iloc[:, place], other.iloc[:, place]
        if left.dtype != right.dtype:
            raise Differs(f"column {name} was {left.dtype} and is {right.dtype}")
        equal.parts += 1
        is_same = ((left == right) | (left.isna() & right.isna())).to_numpy()
        if not is_same.all():
            row = int(is_same.argmin())
            raise Differs(f"column {name}, row {row}: was {left.iloc[row]!s} and is {right.iloc[row]!s}")


def _array_files(kind: str, recorded: Path, made: Path, equal: Equal) -> None:
    try:
        import numpy as np
    except ImportError as error:
        raise Unknown("NumPy is not installed here") from error
    one, other = (np.load(path, allow_pickle=False) for path in (recorded, made))
    if kind == "npy":
        equal.check(one, other)
    else:
        equal.check({name: one[name] for name in one.files}, {name: other[name] for name in other.files})


def _safetensors(recorded: Path, made: Path, equal: Equal) -> None:
    sides = []
    for path in (recorded, made):
        data = path.read_bytes()
        (length,) = struct.unpack_from("<Q", data)
        head = json.loads(data[8 : 8 + length])
        head.pop("__metadata__", None)
        body = memoryview(data)[8 + length :]
        sides.append(
            {
                name: [about["dtype"], about["shape"], bytes(body[slice(*about["data_offsets"])])]
                for name, about in head.items()
            }
        )
    one, other = sides
    equal.check(one, other)


def _torch(recorded: Path, made: Path, equal: Equal) -> None:
    try:
        import torch
    except ImportError as error:
        raise Unknown("PyTorch is not installed here") from error
    one, other = (torch.load(path, map_location="cpu", weights_only=True) for path in (recorded, made))
    equal.check(one, other)


def _pickles(recorded: Path, made: Path, equal: Equal) -> None:
    try:
        import joblib
    except ImportError:
        joblib = None
    sides = []
    for path in (recorded, made):
        with path.open("rb") as handle:
            sides.append(joblib.load(handle) if joblib is not None else pickle.load(handle))  # noqa: S301  see above
    one, other = sides
    equal.check(one, other)


def _keras(recorded: Path, made: Path, equal: Equal) -> None:
    sides = []
    for path in (recorded, made):
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        about = json.loads(members.pop("metadata.json", b"{}"))
        about.pop("date_saved", None)
        side: dict[str, Any] = {"metadata.json": about}
        for name, data in members.items():
            if name.endswith(".json"):
                side[name] = json.loads(data)
            else:
                side[name] = _hdf5(io.BytesIO(data)) if name.endswith(".h5") else data
        sides.append(side)
    one, other = sides
    equal.check(one, other)


def _hdf5(source: Any) -> dict[str, Any]:
    """Return the arrays of an HDF5 file by their places, and what is said about each group."""
    try:
        import h5py
    except ImportError as error:
        raise Unknown("h5py is not installed here") from error
    found: dict[str, Any] = {}

    def note(name: str, item: Any) -> None:
        found.update({f"{name}@{key}": value for key, value in item.attrs.items()})
        if isinstance(item, h5py.Dataset):
            found[name] = item[()]

    with h5py.File(source, "r") as file:
        note("", file)
        file.visititems(note)
    return found


def _onnx(recorded: Path, made: Path, equal: Equal) -> None:
    try:
        import onnx
        from onnx import numpy_helper
    except ImportError as error:
        raise Unknown("onnx is not installed here") from error
    sides = []
    for path in (recorded, made):
        model = onnx.load(path)
        weights = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
        del model.graph.initializer[:]
        for volatile in ("producer_name", "producer_version", "doc_string"):
            model.ClearField(volatile)
        sides.append({"weights": weights, "the graph": model.SerializeToString(deterministic=True)})
    one, other = sides
    equal.check(one, other)


def _json(recorded: Path, made: Path, equal: Equal) -> None:
    equal.check(json.loads(recorded.read_bytes()), json.loads(made.read_bytes()))


def _hdf5_files(recorded: Path, made: Path, equal: Equal) -> None:
    equal.check(_hdf5(recorded), _hdf5(made))


_WAYS: dict[str, Callable[[Path, Path, Equal], None]] = {
    **{kind: partial(_tables, kind) for kind in _TABLES},
    "npy": partial(_array_files, "npy"),
    "npz": partial(_array_files, "npz"),
    "safetensors": _safetensors,
    "pt": _torch,
    "pth": _torch,
    "keras": _keras,
    "h5": _hdf5_files,
    "hdf5": _hdf5_files,
    "onnx": _onnx,
    "json": _json,
    **dict.fromkeys(_PICKLES, _pickles),
}
"""How files are compared, by their endings."""


def compare(kind: str, recorded: Path, made: Path, aside: Sequence[str] = ()) -> tuple[bool | None, str]:
    """Return whether the two hold the same, None where it cannot be told, and a sentence.

    `aside` are the places of what measures the machine.
    """
    equal = Equal(frozenset(aside))
    try:
        how = _WAYS.get(kind)
        if how is None:
            return None, f"a {kind or 'nameless'} file is not looked into here"
        how(recorded, made, equal)
    except Differs as found:
        return False, str(found)
    except Unknown as found:
        return None, str(found)
    except Exception as error:  # noqa: BLE001  whatever a library says of a file it cannot read
        return None, f"it cannot be read here: {type(error).__name__}: {str(error)[:200]}"
    more = f", not {', '.join(aside)}: how long it took" if aside else ""
    return True, f"{equal.parts} {'part' if equal.parts == 1 else 'parts'} compared{more}"


def _named(thing: Any) -> str:
    return f"{type(thing).__module__}.{type(thing).__qualname__}"


def _both_nan(one: float, other: float) -> bool:
    return math.isnan(one) and math.isnan(other)


if __name__ == "__main__":
    is_same, said = compare(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:])
    sys.stdout.write(json.dumps({"same": is_same, "said": said}) + "\n")
