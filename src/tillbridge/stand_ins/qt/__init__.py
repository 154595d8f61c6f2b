"""The Qt skin: draws a profile, asks the ledger server, decides nothing about money."""
