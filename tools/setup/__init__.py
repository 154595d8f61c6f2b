"""What stands behind ./run: install what a command needs, then start it. Standard library only."""
