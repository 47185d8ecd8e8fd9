"""What an import reads, how its rows become records, and what is said about each."""
