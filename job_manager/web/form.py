"""The form in which a person submits pages or sites: what was written there, and what is wrong with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from job_core.job import NewJob
from job_core.kinds import Kind
from job_manager.errors import InvalidRequest
from job_manager.requests import MAX_BATCH, new_jobs
from job_tasks.job_tasks import count, crawl
from page_fetch.url import meant_url

TOP = 200  # so that 20 are left when stop words are hidden: of 181 English and other pages, none needs more than 94


EXAMPLE = {"url": "https://en.wikipedia.org/wiki/Message_queue", "word": "queue"}  # for whom nothing comes to mind


@dataclass(frozen=True, kw_only=True)
class Form:
    """What was written, to be shown again if something is wrong."""

    urls: str = ""
    word: str = ""
    is_site: bool = False  # whether each address stands for its whole site
    max_pages: str = "100"  # of a site

    @classmethod
    def read(cls, written: Mapping[str, str]) -> "Form":
        """The form as the browser sent it."""
        return cls(
            urls=written.get("urls", ""),
            word=written.get("word", ""),
            is_site=written.get("what") == "site",
            max_pages=written.get("max_pages", cls.max_pages),
        )

    @property
    def kind(self) -> Kind:
        """Of the jobs that it submits."""
        return crawl if self.is_site else count

    @property
    def is_batch(self) -> bool:
        """Whether it asks for more than one job."""
        return len(list(self._addresses())) > 1

    def check(self, *, max_crashes: int, owner: str | None) -> tuple[list[NewJob], list[str]]:
        """The jobs that it asks for, and what is wrong, each thing once, by the lines that the person sees."""
        addresses = list(self._addresses())
        if not 1 <= len(addresses) <= MAX_BATCH:
            return [], [f"The form needs 1 to {MAX_BATCH:,} addresses, one per line."]
        jobs: list[NewJob] = []
        wrong: list[str] = []
        for number, address in addresses:
            try:
                jobs += new_jobs(self.kind, self._fields(address), typed=False, max_crashes=max_crashes, owner=owner)
            except InvalidRequest as error:
                line = f"Line {number}" if len(addresses) > 1 else "The address"
                names = {"url": line, "word": "The word", "max_pages": "The number of pages"}
                wrong += [f"{names.get(field, field)} {detail}." for field, detail in error.errors]
        return jobs, list(dict.fromkeys(wrong))

    def _addresses(self) -> Iterator[tuple[int, str]]:
        """Each address with the number of its line."""
        for number, line in enumerate(self.urls.splitlines(), start=1):
            if line.strip():
                yield number, meant_url(line)

    def _fields(self, address: str) -> dict[str, object]:
        word = self.word.strip()
        fields = {"url": address, "top": TOP} | ({"word": word} if word else {})
        return fields | ({"max_pages": self.max_pages.strip()} if self.is_site else {})
