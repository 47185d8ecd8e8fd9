"""The owners of records, behind their bulk doors."""
