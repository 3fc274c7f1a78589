"""
The national axis' own protocol, served by us: a DMS points its SDK here and changes nothing else.
"""
