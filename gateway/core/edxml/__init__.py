"""
edXML: the tolerant reader of every dialect, the strict writer of ours.
"""

from gateway.core.edxml.names import NAMESPACE, bare_id
from gateway.core.edxml.reader import Reading, read
from gateway.core.edxml.walk import Field
from gateway.core.edxml.writer import normalised, write_document, write_status, write_tree

__all__ = [
    "NAMESPACE",
    "Field",
    "Reading",
    "bare_id",
    "normalised",
    "read",
    "write_document",
    "write_status",
    "write_tree",
]
