"""What kind of artifact a file is, by its ending, and by its first bytes where an ending says too little."""

from __future__ import annotations

import re
from pathlib import Path

_MODELS = frozenset({
    ".pkl", ".pickle", ".joblib", ".ubj", ".bst", ".model", ".pt", ".pth", ".ckpt", ".safetensors", ".onnx", ".keras",
    ".h5", ".hdf5", ".skops", ".cbm", ".pmml", ".mlmodel", ".tflite", ".gguf", ".pb",
})  # fmt: skip
_DATASETS = frozenset({
    ".csv", ".tsv", ".psv", ".parquet", ".feather", ".arrow", ".ipc", ".json", ".jsonl", ".ndjson", ".orc", ".avro",
    ".npy", ".npz", ".xlsx", ".xls", ".ods", ".db", ".sqlite", ".sqlite3", ".duckdb", ".dta", ".sas7bdat", ".sav",
    ".xml", ".libsvm", ".svm", ".zarr", ".lance", ".bin",
})  # fmt: skip
_PACKED = frozenset({".gz", ".bz2", ".xz", ".zst", ".lz4", ".br", ".zip", ".tar", ".tgz", ".7z"})
_OTHERS = frozenset({
    ".txt", ".md", ".rst", ".log", ".html", ".htm", ".pdf", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".tif",
    ".tiff", ".bmp", ".wav", ".mp3", ".flac", ".ogg", ".mp4", ".webm", ".yaml", ".yml", ".toml", ".ini", ".cfg",
    ".conf", ".env", ".sql", ".py", ".pyc", ".r", ".sh", ".ipynb", ".jl", ".rds", ".rdata", ".mat", ".pbf", ".geojson",
    ".gpkg", ".shp", ".tfrecord", ".tfrecords", ".msgpack", ".proto", ".dat", ".data", ".bam", ".vcf", ".fasta",
    ".fastq", ".nc", ".grib", ".las", ".tex", ".doc", ".docx", ".pptx", ".css", ".js",
})  # fmt: skip
"""Endings that say what a file is and are no part of its name; `.1` of `ridge-0.1` is not one of them."""

_KNOWN = _MODELS | _DATASETS | _PACKED | _OTHERS
_BEGINNINGS = {
    ".txt": (b"tree\nversion=",),
    ".json": (b'{"learner":', b'{"version":['),
    ".bin": (
        *(b"PK\x03\x04", b"CBM1", b"binf", b"GGUF", b"\xba\x16\x4f\x2f"),
        *(b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"),
    ),
}
"""LightGBM writes its models as text, XGBoost as JSON. PyTorch, pickles, CatBoost, XGBoost, GGUF and fastText end in
`.bin`; what begins otherwise are raw numbers."""

_PICKLES = frozenset({".pkl", ".pickle", ".joblib"})
_TABLES = re.compile(
    rb"\x80.(?:\x95.{8})?(?:c|\x8c.)(?:(?:pandas|polars|pyarrow)\b"
    rb"|numpy\.[\w.]{4,30}[\n\x94](?:\x8c.)?(?:_reconstruct|_frombuffer)"
    rb"|joblib\.numpy_pickle[\n\x94](?:\x8c.)?Numpy)",
    re.DOTALL,
)
"""How a pickled table or array begins: with the class of the object. That of a dict of tables begins as a dict."""

_FIGURES = ("metric", "score")


def type_of_file(path: Path, *, is_output: bool) -> str:
    """Return `Model` or `Dataset`; `Metrics` or `Report` for what is written and is neither."""
    ending = _ending(path)
    beginnings = _BEGINNINGS.get(ending)
    if beginnings and _beginning(path).startswith(beginnings):
        return "Model"
    if ending in _MODELS:
        return "Dataset" if ending in _PICKLES and _TABLES.match(_beginning(path)) else "Model"
    if is_output and ending == ".json" and any(word in path.stem.lower() for word in _FIGURES):
        return "Metrics"
    return "Dataset" if ending in _DATASETS or not is_output else "Report"


def stem_of(file: str) -> str:
    """Return a file's name without the endings that say what it is: `flights` of `flights.csv.gz`, else it whole."""
    stem, is_packed = file, True
    while is_packed:
        rest, _, ending = stem.rpartition(".")
        ending = f".{ending.lower()}"
        if not rest.strip(".") or ending not in _KNOWN:
            return stem
        stem, is_packed = rest, ending in _PACKED
    return stem


def _ending(path: Path) -> str:
    """The last ending but that of a packing: `.csv` of `flights.csv.gz`."""
    endings = [suffix.lower() for suffix in path.suffixes]
    while endings and endings[-1] in _PACKED:
        endings.pop()
    return endings[-1] if endings else ""


def _beginning(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(64)
    except OSError:
        return b""
