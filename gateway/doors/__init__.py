"""
The four doors: intake and handover towards the agencies, arrival and relay towards the network.

Doors never call each other. They meet only in the store, so each can crash alone.
"""
