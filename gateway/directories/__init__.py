"""
Directories that ship with Trục, as TOML.

`four-level` (the classic axis) and `three-tier` (since July 2025) are for the sandbox and for trials: level-1
codes and names are real, numbers below level 1 are examples. `level1-2024` and `level1-2025` are data: all
level-1 codes that are known, before and after the reform of 2025, each with its source and what is uncertain
about it. A real axis begins with one of these and adds its own.
"""
