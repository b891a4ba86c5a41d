"""The job of every peer: fetch a page, count its words as this project does, keep the result in a row."""

import json
import os
import threading
from typing import Any

import psycopg2
import requests

from page_read.page import read_page
from page_read.words import summarize

TOP = 25

_thread = threading.local()


def fetch_and_count(url: str) -> dict[str, Any]:
    """The word counts of a page, over a session that each thread keeps."""
    if not hasattr(_thread, "session"):
        _thread.session = requests.Session()
        _thread.session.trust_env = False
    page = _thread.session.get(url, timeout=10)
    page.raise_for_status()
    text = read_page(page.content, page.headers.get("Content-Type")).text
    counts = summarize(text, "words", word=None, top=TOP)
    return {"url": url, "words": counts.words, "unique_words": counts.unique_words, "top": counts.top}


def run(url: str) -> None:
    """The whole job; the row is one statement and one commit on a connection that each thread keeps."""
    result = fetch_and_count(url)
    if not hasattr(_thread, "database"):
        _thread.database = psycopg2.connect(os.environ["DATABASE_URL"])
        _thread.database.autocommit = True
    with _thread.database.cursor() as cursor:
        cursor.execute("INSERT INTO results (url, result) VALUES (%s, %s)", (url, json.dumps(result)))
