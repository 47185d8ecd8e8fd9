"""What can be done with jobs, one verb a file; what each kind of job does is in a folder of its own."""
