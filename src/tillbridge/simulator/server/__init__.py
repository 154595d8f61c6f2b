"""The simulator as a process: HTTP on loopback, keys, a clock, and books that survive a power cut."""
