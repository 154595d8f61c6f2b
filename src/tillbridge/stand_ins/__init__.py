"""Pretend practice software: a ledger server that owns the rules, and skins that draw them.

Nothing here imports any other part of tillbridge, and nothing of tillbridge imports it: a judge that
shares code with the accused proves nothing. The parts are started as processes.
"""
