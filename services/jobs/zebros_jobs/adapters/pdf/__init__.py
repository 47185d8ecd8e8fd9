"""PDF documents, drawn with ReportLab: import what is in here late, since it loads a whole library."""
