"""
The whole of /v1, called by a program that knows nothing of it but its OpenAPI document.
"""
