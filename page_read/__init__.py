"""Pages and sitemaps: from bytes to text, words and links. No I/O."""
