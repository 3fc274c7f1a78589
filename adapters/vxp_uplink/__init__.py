"""
Uplink: Trục as a client of a VXP axis above it, such as the national one.
"""

from adapters.vxp_uplink.adapter import UplinkAdapter

__all__ = ["UplinkAdapter"]
