"""Reports: what can be asked for, over which days, and how figures are made of what was counted. No input or output."""
