"""The peers, a file each. They run in environments of their own, where only `page_read` of this project is used."""
