"""Import of records from CSV: read rows, map columns, resolve names, upsert through batches, report every row.

`entities` says what each kind of record takes; it loads nothing else, so that the command can show its help quickly.
"""
