"""ONNX models as plain values: the graph and its initialisers, without what says who made the file and when.

The package is the program's own, which has loaded it: nothing here imports it.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from lineal.capture.fingerprints.state import Unreadable

LEFT_OUT = ("doc_string", "metadata_props", "producer_name", "producer_version")


def is_onnx(thing: object) -> bool:
    """Return whether `thing` is a model of the package `onnx`."""
    onnx = sys.modules.get("onnx")
    return onnx is not None and hasattr(onnx, "ModelProto") and isinstance(thing, onnx.ModelProto)


def onnx_parts(model: Any) -> dict[str, object]:
    """Return the model as dicts, lists, plain values and arrays; Unreadable where weights lie in other files."""
    onnx = sys.modules["onnx"]
    return {
        "format": "onnx",
        "ir_version": model.ir_version,
        "opsets": {opset.domain: opset.version for opset in model.opset_import},
        "functions": [_function(onnx, function) for function in model.functions],
        "graph": _graph(onnx, model.graph),
    }


def _graph(onnx: ModuleType, graph: Any) -> dict[str, object]:
    if graph.sparse_initializer:
        raise Unreadable("an ONNX graph with sparse initialisers has no rule")
    return {
        "inputs": [_value(onnx, value) for value in graph.input],
        "outputs": [_value(onnx, value) for value in graph.output],
        "initializers": {tensor.name: _tensor(onnx, tensor) for tensor in graph.initializer},
        "nodes": [_node(onnx, node) for node in graph.node],
    }


def _function(onnx: ModuleType, function: Any) -> dict[str, object]:
    return {
        "name": f"{function.domain}.{function.name}",
        "inputs": list(function.input),
        "outputs": list(function.output),
        "nodes": [_node(onnx, node) for node in function.node],
    }


def _node(onnx: ModuleType, node: Any) -> dict[str, object]:
    return {
        "op": f"{node.domain}.{node.op_type}",
        "inputs": list(node.input),
        "outputs": list(node.output),
        "attributes": {attribute.name: _attribute(onnx, attribute) for attribute in node.attribute},
    }


def _value(onnx: ModuleType, value: Any) -> list[str]:
    """Return name, type and shape; the last two as the library prints them."""
    return [value.name, onnx.helper.printable_type(value.type)]


def _attribute(onnx: ModuleType, attribute: Any) -> object:
    if attribute.ref_attr_name:
        return {"refers to": attribute.ref_attr_name}
    value = onnx.helper.get_attribute_value(attribute)
    if isinstance(value, list) or type(value).__name__.startswith("Repeated"):
        return [_part(onnx, part) for part in value]
    return _part(onnx, value)


def _part(onnx: ModuleType, part: Any) -> object:
    if isinstance(part, onnx.TensorProto):
        return _tensor(onnx, part)
    if isinstance(part, onnx.GraphProto):
        return _graph(onnx, part)
    if isinstance(part, int | float | str | bytes):
        return part
    raise Unreadable(f"an ONNX attribute that is a {type(part).__name__} has no rule")


def _tensor(onnx: ModuleType, tensor: Any) -> object:
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        raise Unreadable(f"the weights {tensor.name} lie in another file")
    return onnx.numpy_helper.to_array(tensor)
