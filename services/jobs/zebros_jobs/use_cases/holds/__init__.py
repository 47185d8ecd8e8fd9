"""Legal holds: what no erasure touches for now."""
