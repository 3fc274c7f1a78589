"""
The pages of the console, one module each. `gateway.http.console.book` lists them.
"""
