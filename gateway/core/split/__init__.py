"""
Split and join: an edXML is an envelope and its attachments.

On the way in a Splitter cuts the base64 text out of the bytes while they arrive: `envelope.xml` is the input
minus that text, byte for byte, and every attachment goes decoded into a sink. The parts manifest keeps where
each text stood and how it was laid out, so that join() gives exactly the bytes that came in. Both work at
flat memory.
"""

from gateway.core.split.base64_text import Layout
from gateway.core.split.joining import content, decode_raw, in_blocks, join
from gateway.core.split.parts import (
    PartSpec,
    Split,
    original_line,
    parts_json,
    read_parts_json,
    with_names,
)
from gateway.core.split.refusal import refusal
from gateway.core.split.splitter import PartSink, Splitter

__all__ = [
    "Layout",
    "PartSink",
    "PartSpec",
    "Split",
    "Splitter",
    "content",
    "decode_raw",
    "in_blocks",
    "join",
    "original_line",
    "parts_json",
    "read_parts_json",
    "refusal",
    "with_names",
]
