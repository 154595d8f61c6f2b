"""Doing it: take a payment, settle the unknown, post it back. No I/O of its own: everything goes through ports.

No clock, randomness, sockets, threads or logging here. Threads belong to apps/agent.
"""
