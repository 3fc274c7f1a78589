"""
Directories that ship with Trục, as TOML: `four-level` (the classic axis) and `three-tier` (since July 2025).

Level-1 codes and names are real; numbers below level 1 are examples. A real axis brings its own.
"""
