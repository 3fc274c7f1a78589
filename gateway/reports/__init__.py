"""
THE COUNTING ROOM: keeps the figures of a node, makes reports of them, and files them month by month.
"""
