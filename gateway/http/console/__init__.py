"""
The console: pages for people, made on the server. How a page is added is told in docs/console.md.
"""
