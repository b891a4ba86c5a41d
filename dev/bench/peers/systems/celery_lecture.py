"""Celery the lecture's way: a Flask route that calls `delay`, and the database as Celery's result backend."""

import os
from typing import Any

from celery import Celery
from flask import Flask, Response, jsonify, request

from dev.bench.peers.systems import job

database = os.environ["DATABASE_URL"].replace("postgresql://", "db+postgresql+psycopg2://")
app = Celery("lecture", broker=os.environ["REDIS_URL"], backend=database)
app.conf.broker_connection_retry_on_startup = True
manager = Flask(__name__)


@app.task
def count(url: str) -> dict[str, Any]:
    return job.fetch_and_count(url)


@manager.post("/count")
def accept() -> tuple[Response, int]:
    task = count.delay(request.get_json()["url"])
    return jsonify(id=task.id, status="PENDING"), 202


def make_tables() -> None:
    """Celery makes them at the first result; two children that do so at once get in each other's way."""
    app.backend.ResultSession()
