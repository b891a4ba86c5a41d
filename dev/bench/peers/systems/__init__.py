"""One peer a file. Each runs in an environment of its own, with nothing of this project but `page_read`."""
