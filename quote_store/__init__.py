"""Quotes that were found, each once, with every place where it was seen; and the quote of each day."""
