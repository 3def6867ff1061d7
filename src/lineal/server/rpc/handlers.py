"""The 52 calls as gRPC handlers: bytes in, bytes out; messages are read and written by the desk's workers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from urllib.parse import unquote

import grpc

from lineal.server.calls import REQUESTS, SERVICE_NAME, Caller, caller_of
from lineal.server.desk import STATUS_CODES, Desk

DOOR = "grpc"


def service_handler(desk: Desk) -> grpc.GenericRpcHandler:
    """Return what answers every call of MLMD's service."""
    handlers = {
        method: grpc.unary_unary_rpc_method_handler(partial(_call, desk, method))  # no (de)serializer: bytes
        for method in REQUESTS
    }
    return grpc.method_handlers_generic_handler(SERVICE_NAME, handlers)


async def _call(desk: Desk, method: str, content: bytes, context: grpc.aio.ServicerContext) -> bytes:
    answer = await desk.answer(DOOR, method, content, _caller(context))
    if answer.code:
        await context.abort(STATUS_CODES[answer.code], answer.text)
    return answer.body


def _caller(context: grpc.aio.ServicerContext) -> Caller:
    return caller_of(_name(context), _header(context))


def _name(context: grpc.aio.ServicerContext) -> str:
    """Return the name in the client's certificate, which TLS has checked, else the address the call came from."""
    names = context.auth_context().get("x509_common_name", ())
    for name in names:
        return f"tls:{name.decode('utf-8', errors='replace')}"
    return f"grpc:{_address(context.peer())}"


def _address(peer: str) -> str:
    """Return the address in gRPC's `ipv4:127.0.0.1:4711` or `ipv6:%5B::1%5D:4711`."""
    return unquote(peer.partition(":")[2].rpartition(":")[0]).strip("[]") or peer


def _header(context: grpc.aio.ServicerContext) -> Callable[[str], str | None]:
    found = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
    return found.get
