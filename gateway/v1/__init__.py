"""
The language of /v1: what the server, the adapters' routes and the client say to each other.
"""
