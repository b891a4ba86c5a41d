"""Pages: from bytes to text and words. No I/O."""
