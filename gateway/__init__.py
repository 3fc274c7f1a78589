"""The post office: one node of the axis, its four doors and its store."""

__version__ = "0.1.0"
