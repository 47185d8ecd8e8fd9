"""What reports are computed and written with: DuckDB, PDF, spreadsheets, the scheduler, mail.

The libraries are slow to load: import a module of this folder where it is needed, and nowhere in what answers requests.
"""
