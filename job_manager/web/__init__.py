"""The page for people: what a browser shows of jobs, and the forms that submit, cancel and try again."""
