"""Rules of retention: what is past them is found daily, and erased as a person would ask for it."""
