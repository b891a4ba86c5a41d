"""`python -m wordcount` is the command `wordcount`."""

from wordcount.cli import main

raise SystemExit(main())
