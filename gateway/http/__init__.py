"""
The HTTP side of a node: the /v1 listener, its keys, its limits and its way of saying no.
"""
