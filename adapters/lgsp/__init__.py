"""
The facade of a provincial axis (LGSP): the same letters for systems that speak its JSON.
"""
