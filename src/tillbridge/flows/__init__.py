"""The pack language: reading packs, judging them, recognising a version, running a flow.

Nothing here decides about money. A flow says what it saw and how far it came; the engine decides.
"""
