"""What people see of the simulator: terminals that can be pressed, the entry page, the books."""
