"""A report as a document that one sends to a board: tiles, charts, a table over as many pages as it needs."""
