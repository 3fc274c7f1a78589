"""
Renderings: a letter's bytes as the system of a partner is used to find them.

What the sender handed in is kept and sealed to the byte; a rendering is made from it whenever a partner with
a dialect of its own fetches the letter. Pure: no clock, and the same letter gives the same bytes again.
"""

from gateway.core.renderings.rendering import RenderingLimits, render

__all__ = [
    "RenderingLimits",
    "render",
]
