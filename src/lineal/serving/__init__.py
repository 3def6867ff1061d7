"""Serving: what answered is what was loaded, and every answer is recorded before it leaves."""

from lineal.serving.loaded import LoadedModel
from lineal.serving.loader import load_model
from lineal.serving.middleware import LinealMiddleware, OnFailure
from lineal.serving.report import report
from lineal.serving.shipper import Gap, Shipped, ship
from lineal.serving.spool import Durability

__all__ = [
    "Durability",
    "Gap",
    "LinealMiddleware",
    "LoadedModel",
    "OnFailure",
    "Shipped",
    "load_model",
    "report",
    "ship",
]
