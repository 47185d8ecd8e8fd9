"""Where jobs and their progress are kept."""
