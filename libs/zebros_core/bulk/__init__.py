"""The bulk door: how other services write, read and export a service's records, by a signed call of one function.

`BulkDoor` is the service's side, `BulkDoors` the callers'.
"""
