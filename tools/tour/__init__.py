"""The tour: every way to pay and to give back on real windows, one after the other, with the books compared."""
