CORPUS ?= ../shared/corpus
PYTHON ?= .venv/bin/python

.PHONY: accuracy bench-count
accuracy:  ## Count the pages of CORPUS and compare with what a browser shows
	$(PYTHON) -m benchmarks.accuracy $(CORPUS)

bench-count:  ## Measure how fast pages are counted
	$(PYTHON) -m benchmarks.count $(CORPUS)

.PHONY: fuzz
FUZZ_SECONDS ?= 600
fuzz:  ## Look for pages that break the counter, for ten minutes
	$(PYTHON) -m benchmarks.fuzz $(FUZZ_SECONDS)
