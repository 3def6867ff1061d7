"""Figures: SVG, PDF and PostScript, without when they were drawn and the names that matplotlib draws for parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from lineal.rebuild.within.part import Opaque, Part
from lineal.rebuild.within.texts import lines_of

_SVG_DATE = re.compile(rb"<dc:date>[^<]{0,100}</dc:date>")
_SVG_IDS = re.compile(rb'\bid="([A-Za-z][\w-]{0,40}?[0-9a-f]{10})"')
_WORD = re.compile(rb"[\w-]+")
_SVG_BEGIN = re.compile(rb"\s*(?:\xef\xbb\xbf)?<(?:\?xml|!DOCTYPE svg|svg)\b")
_PS_DATE = re.compile(rb"(?m)^%%CreationDate:[^\r\n]{0,100}")
_PDF_DATE = re.compile(rb"/(?:CreationDate|ModDate)\s*\([^()]{0,60}\)")
_PDF_ID = re.compile(rb"/ID\s*\[\s*<[0-9A-Fa-f]*>\s*<[0-9A-Fa-f]*>\s*\]")
_XMP = re.compile(rb"<(xmp:(?:Create|Modify|Metadata)Date|xmpMM:(?:Document|Instance)ID)>[^<]{0,100}</\1>")
_PDF_TABLE = re.compile(rb"\bxref\s[\d\snf]*trailer|startxref\s+\d+")


def is_svg(data: bytes) -> bool:
    """Return whether these bytes begin like an SVG."""
    return _SVG_BEGIN.match(data) is not None and b"<svg" in data[:4096]


def is_pdf(data: bytes) -> bool:
    """Return whether these bytes begin like a PDF."""
    return data.startswith(b"%PDF-")


def is_postscript(data: bytes) -> bool:
    """Return whether these bytes begin like PostScript."""
    return data.startswith(b"%!PS")


def postscript_parts(name: PurePath, data: bytes) -> Iterator[Part]:
    """Yield the lines of PostScript, its date apart."""
    yield from _taken(data, _PS_DATE, "the date of the figure")
    yield from lines_of(name, _PS_DATE.sub(b"", data))


def svg_parts(name: PurePath, data: bytes) -> Iterator[Part]:
    """Yield the lines of an SVG; its date and the names that matplotlib draws (they refer within it only) apart."""
    yield from _taken(data, _SVG_DATE, "the date of the figure")
    data = _SVG_DATE.sub(b"", data)
    if b"matplotlib" in data[:4096].lower():
        drawn = list(dict.fromkeys(_SVG_IDS.findall(data)))
        yield Part("its drawn names", b" ".join(drawn), {}, "names that matplotlib draws")
        known = {one: b"drawn-%d" % number for number, one in enumerate(drawn)}
        data = _WORD.sub(lambda word: known.get(word.group(), word.group()), data)
    yield from lines_of(name, data)


def pdf_parts(_name: PurePath, data: bytes) -> Iterator[Part]:
    """Yield the objects of a PDF; its dates and its ID apart, and without the table of where each object lies."""
    for pattern, told in ((_PDF_DATE, "the dates of the PDF"), (_PDF_ID, "the ID of the PDF"), (_XMP, "its XMP dates")):
        yield from _taken(data, pattern, told)
        data = pattern.sub(b"", data)
    objects = _PDF_TABLE.sub(b"", data).split(b"endobj")
    if len(objects) == 1:
        raise Opaque("this PDF has no objects")
    for number, one in enumerate(objects, 1):
        yield Part(f"object {number}", one, {"object": number})


def _taken(data: bytes, pattern: re.Pattern[bytes], told: str) -> Iterator[Part]:
    found = [match.group() for match in pattern.finditer(data)]
    yield Part(told, b"\n".join(found), {}, told)
