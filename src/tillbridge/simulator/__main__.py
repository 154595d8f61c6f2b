"""`python -m tillbridge.simulator`."""

from __future__ import annotations

import sys

from tillbridge.simulator.server.serve import main

if __name__ == "__main__":
    sys.exit(main())
