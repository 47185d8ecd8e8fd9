"""State machines, files and other things outside, behind the ports of the domain."""
