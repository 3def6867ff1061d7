"""Governance: what people decided about artifacts, bound to the content they decided about."""

from lineal.governance.decisions import approve, reject
from lineal.governance.deployment import Deployment, deploy

__all__ = ["Deployment", "approve", "deploy", "reject"]
