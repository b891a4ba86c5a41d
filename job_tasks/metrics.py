"""What is counted of pages, and the prefix that begins the name of every figure of this stack."""

from job_core.metrics import Figures, counting

PREFIX = "wordcount_"
WORK_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class PageFigures(Figures):
    """The figures of pages."""

    def __init__(self) -> None:
        super().__init__()
        self.fetch = self.histogram("fetch_seconds", "Fetching a page, failed fetches among them.", WORK_SECONDS)
        self.count = self.histogram("count_seconds", "Counting the words of a page.", WORK_SECONDS)
        self.bytes = self.counter("fetched_bytes", "Bytes of fetched pages, as they were sent.")
        self.refused = self.counter("refused_addresses", "Fetches that the address guard refused.")


def count_fetch(seconds: float) -> None:
    """A page was fetched, or it failed."""
    with counting(PageFigures) as figures:
        figures.fetch.observe(seconds)


def count_bytes(sent: int) -> None:
    """A page was fetched."""
    with counting(PageFigures) as figures:
        figures.bytes.inc(sent)


def count_refused_address() -> None:
    """The address guard refused where a URL led."""
    with counting(PageFigures) as figures:
        figures.refused.inc()


def count_words_counted(seconds: float) -> None:
    """The words of a page were counted."""
    with counting(PageFigures) as figures:
        figures.count.observe(seconds)
