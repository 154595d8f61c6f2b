"""python -m tools.docs.new_adr "short title": an empty decision record with the next number."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from tools.docs import decisions

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit('One title, please:  just new-adr "short title"')
    print(decisions.new(sys.argv[1], datetime.now(UTC).strftime("%Y-%m-%d")))
