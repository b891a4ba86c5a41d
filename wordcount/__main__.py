"""`python -m wordcount` is the command `wordcount`."""

from wordcount.main import main

raise SystemExit(main())
