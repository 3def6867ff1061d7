"""ML Metadata's 52 calls over any store: what each takes, does, refuses and answers.

    Service(store).call("PutArtifacts", request) -> response

`MetadataStore` and the gRPC server both call it, so there is one semantics. Requests and answers are messages of
`lineal.compat.mlmd.proto`; errors are those of `lineal.compat.mlmd.errors`. No SQL here: only verbs of `Store`.
"""

from __future__ import annotations

from lineal.compat.mlmd.service.listing import EVERYTHING
from lineal.compat.mlmd.service.service import Service

__all__ = ["EVERYTHING", "Service"]
