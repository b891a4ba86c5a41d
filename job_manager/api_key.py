"""Make an API key: `python -m job_manager.api_key NAME` prints it, and the entry for MANAGER_API_KEYS."""

import sys

from job_tasks.api_keys import NAME, ApiKey, hash_key, make_key


def main() -> None:
    """Print a new key, once: it is stored nowhere."""
    if len(sys.argv) != 2 or not NAME.fullmatch(sys.argv[1]):  # noqa: PLR2004 - the program, and the name
        sys.exit("usage: python -m job_manager.api_key NAME  (1 to 64 letters, digits, dots, hyphens and underscores)")
    key = make_key()
    sys.stdout.write(f"key for the caller:   {key}\n")
    sys.stdout.write(f"for MANAGER_API_KEYS: {ApiKey(name=sys.argv[1], sha256=hash_key(key))}\n")


if __name__ == "__main__":
    main()
