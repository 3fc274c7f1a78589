"""
A whole axis on one machine, with robot clerks at its agencies: `truc sandbox`.
"""

from gateway.sandbox.demo import Options, main

__all__ = ["Options", "main"]
