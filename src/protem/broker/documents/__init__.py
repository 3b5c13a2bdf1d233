"""Entitlement documents: YAML that people review, checked to the last key, and its one normal form."""

from protem.broker.documents.document import Document, entitlements, parse

__all__ = ["Document", "entitlements", "parse"]
