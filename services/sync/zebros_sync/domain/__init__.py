"""Changes, their order, cursors and merges: pure, no input or output."""
