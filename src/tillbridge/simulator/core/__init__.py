"""The card network as plain values: books, terminals, faults. No I/O, no clock, no chance.

Time comes as an argument (``now_ms``, integer milliseconds since the epoch); everything that looks random
is drawn from the seed, so one seed and one list of calls always give the same books.
"""
