"""The command `wordcount`: a manager's jobs from the command line, and local files without any service."""
