"""A receipt as one HTML page: light and dark, printable, nothing loaded from anywhere, every text escaped."""

from __future__ import annotations

from html import escape

from tillbridge.apps.agent.receipts_sheet import Row, Sheet

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2129; --soft: #5b6472; --paper: #fff; --desk: #eef0f3; --line: #d5d9e0; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e9ecf1; --soft: #a3adbb; --paper: #1e232b; --desk: #12151a; --line: #39414d; }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 24px 12px; background: var(--desk); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 26rem; margin: 0 auto; padding: 28px 24px; background: var(--paper); border: 1px solid var(--line);
  border-radius: 10px; overflow-wrap: break-word; }
h1, p { overflow-wrap: anywhere; }
h1 { margin: 0; font-size: 1.3rem; text-align: center; }
h2 { margin: 2px 0 0; font-size: 1rem; font-weight: 400; color: var(--soft); text-align: center; }
.copy { width: fit-content; margin: 12px auto 0; padding: 2px 12px; border: 2px solid; border-radius: 6px;
  font-weight: 700; letter-spacing: .06em; }
table { width: 100%; margin-top: 14px; padding-top: 10px; border-top: 1px solid var(--line); border-spacing: 0; }
th { padding: 2px 16px 2px 0; font-weight: 400; text-align: left; vertical-align: top; color: var(--soft); }
td { padding: 2px 0; text-align: right; vertical-align: top; overflow-wrap: anywhere;
  font-variant-numeric: tabular-nums; }
.strong th, .strong td { padding-top: 6px; color: var(--ink); font-size: 1.2rem; font-weight: 700; }
.small th, .small td { font-size: .8rem; color: var(--soft); }
p { margin: 14px 0 0; padding-top: 12px; border-top: 1px solid var(--line); font-size: .9rem; }
p + p { margin-top: 8px; padding-top: 0; border: 0; }
@media print {
  :root { color-scheme: light; --ink: #000; --soft: #333; --paper: #fff; --desk: #fff; --line: #999; }
  body { padding: 0; } main { border: 0; padding: 0; } table, p { break-inside: avoid; }
}
"""


def html_of(sheet: Sheet) -> str:
    """A whole page. The policy in its head lets nothing run and nothing load, whatever a name may hold."""
    title = f"{sheet.heading} - {sheet.title}"
    copy = f'<p class="copy">{escape(sheet.banner)}</p>' if sheet.banner else ""
    body = "".join(map(_block, sheet.blocks)) + "".join(
        f'<p dir="auto">{escape(note)}</p>' for note in sheet.notes
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n"
        f'<body><main><h1 dir="auto">{escape(sheet.title)}</h1><h2>{escape(sheet.heading)}</h2>{copy}{body}</main>'
        "</body></html>\n"
    )


def _block(rows: tuple[Row, ...]) -> str:
    return f"<table>{''.join(map(_row, rows))}</table>"


def _row(row: Row) -> str:
    look = ' class="strong"' if row.strong else ' class="small"' if row.small else ""
    return f'<tr{look}><th scope="row">{escape(row.label)}</th><td dir="auto">{escape(row.value)}</td></tr>'
