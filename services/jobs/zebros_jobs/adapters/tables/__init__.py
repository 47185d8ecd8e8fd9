"""Files of tables, written row by row in constant memory: CSV, XLSX, JSON lines.

Import the module of a format where it is needed: that of XLSX loads a library which a cold start should not pay for.
"""
