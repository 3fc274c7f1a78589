"""
What the post office decides, and nothing it does.

No module here imports asyncio, a clock, the network, a database, random or a log:
ids and times are handed in, so that every decision can be tested and replayed.
"""
