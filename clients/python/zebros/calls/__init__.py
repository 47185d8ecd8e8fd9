"""The API's operations as values: what to send and how to read the answer, without sending anything.

Both clients execute the same calls, so each operation is described once.
"""
