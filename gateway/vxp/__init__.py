"""
The wire of the national axis' own SDK (VXP), as pure functions: what our server and our client share.

`functions` names what can be called, `signature` signs and verifies a set of headers, `parameters` reads what
a caller says, `hashes` the file's digest, `shapes` the lines of lists, `answers` writes answers, `refusals`
says in one what our catalogue says, `replies` reads the answers of a foreign server.

Spec: VXP
"""
