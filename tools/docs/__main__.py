"""python -m tools.docs: write every page that is made from the code."""

from __future__ import annotations

from tools.docs.pages import PAGES, ROOT, stale

if __name__ == "__main__":
    for name in stale():
        (ROOT / name).write_text(PAGES[name]())
        print(f"{name} written")
