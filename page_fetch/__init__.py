"""URL to bytes, safely. Knows nothing of jobs, of settings, or of what a page says."""
