"""Files that people upload, read as tables in constant memory: CSV in its encodings and dialects, and XLSX."""
