"""Imports, exports, reports, privacy requests and backups: long-running work on Step Functions, Lambda and Fargate."""
