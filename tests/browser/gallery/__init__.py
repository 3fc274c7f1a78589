"""
The pictures under docs/console: every page of the console over a real axis, in both languages, on an old PC
and on a telephone. `python -m tests.browser.gallery` takes them anew.
"""
