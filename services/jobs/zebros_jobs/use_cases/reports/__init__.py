"""Reports: ask for one, make it, look at it; and schedules that do so by themselves."""
