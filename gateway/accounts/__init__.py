"""
People at the console: how they prove who they are, and how accounts are given out.
"""
