bench-list: install ## measure GET /jobs on a table of a million jobs
	@exec $(PYTHON) -m benchmarks.list_jobs
