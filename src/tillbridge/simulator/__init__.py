"""The simulator: a pretend card network with terminals that people can see and press.

It stands for everything beyond the gateway's API: the network, the bank, the terminal on the counter.
It must not import anything else of tillbridge: a judge that shares code with the accused proves nothing.
Start it as a process of its own: ``python -m tillbridge.simulator --help``.
"""
