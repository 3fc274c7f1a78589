"""
The agencies' doors: one file or folder per way of reaching a document system.

An adapter gets an Office and gives deliverers, pollers and HTTP routes; it is found by the entry point group
`truc.adapters`. It imports the ports, the core and gateway.v1, never a door or a store.
"""
