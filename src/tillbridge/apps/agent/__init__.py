"""The agent: owns the threads, serves loopback HTTP, drives the engine."""
