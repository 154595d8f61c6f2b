"""The business rules, faults and truth log of the pretend practice software, as a process of its own."""
