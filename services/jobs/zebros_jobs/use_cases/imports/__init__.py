"""Imports: a file is announced, uploaded and looked at, and its rows are brought to the services that own records."""
