"""The command line: always goes through the agent."""
