"""
Who watches over a node and tells its operators: looks, alerts, and the ways they are told.
"""
