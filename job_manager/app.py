"""The app factory of the manager."""

from threading import Semaphore

from flask import Flask
from werkzeug.routing import BaseConverter

from job_core.queue import JobQueue
from job_core.store.database import Database
from job_manager import crawls, jobs, quotes
from job_manager.access_log import log_access
from job_manager.admission import Backlog, BatchQueue, StateCounts
from job_manager.daily_quotes import DailyQuotes
from job_manager.events import Watcher
from job_manager.health import health
from job_manager.memory import MemoryBudget
from job_manager.openapi.docs_page import docs
from job_manager.openapi.operation import refuse_unknown_parameters
from job_manager.outages import Outages
from job_manager.problems import register_error_handlers
from job_manager.requests import MAX_BATCH, MAX_BATCH_BYTES
from job_manager.security import add_security_headers, reject_cross_site, require_api_keys
from job_manager.services import EXTENSION, Services
from job_manager.submitting import submitting
from job_manager.web.routes import error_page, web
from job_tasks.job_tasks import core
from job_tasks.settings import Settings

BROKER_TIMEOUT_SECONDS = 0.3  # a submission never waits longer than a second for the broker
MAX_BATCHES_AT_ONCE = 16  # of one process, the one in turn among them
MAX_OTHER_FIELDS = 100  # of a form, besides `urls`


class TextConverter(BaseConverter):
    """The rest of a path, whatever it holds."""

    regex = "(?s:.+)"
    part_isolating = False


class QuoteIdConverter(BaseConverter):
    """Any name but those of other resources beside the quotes, which cannot be taken down."""

    regex = "(?!(?:random|today)$)[^/]+"


def create_app(settings: Settings) -> Flask:
    """The manager, set by `settings`. Nothing is connected before it is needed."""
    app = Flask("job_manager", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BATCH_BYTES + 1  # one more, to notice chunked ones
    app.config["MAX_FORM_MEMORY_SIZE"] = MAX_BATCH_BYTES
    app.config["MAX_FORM_PARTS"] = MAX_BATCH + MAX_OTHER_FIELDS
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False  # so that no answer redirects
    app.url_map.converters |= {"text": TextConverter, "quote_id": QuoteIdConverter}
    # A stream asks for its job once and holds no connection, so only the other threads need one each.
    database = Database(settings.database_url.get_secret_value(), pool_size=settings.manager_threads)
    outages = Outages()
    memory = MemoryBudget()
    broker_url = settings.celery_broker_url.get_secret_value()
    app.extensions[EXTENSION] = Services(
        settings=settings,
        outages=outages,
        database=database,
        queue=JobQueue(core.name, core.kinds, broker_url, timeout_seconds=BROKER_TIMEOUT_SECONDS),
        watcher=Watcher(database, core.kinds, outages, memory),
        wait_seats=Semaphore(settings.manager_wait_callers),
        stream_seats=Semaphore(settings.manager_streams),
        batch_queue=BatchQueue(Semaphore(MAX_BATCHES_AT_ONCE)),
        backlog=Backlog(database, settings.manager_max_backlog),
        state_counts=StateCounts(database, outages),
        daily_quotes=DailyQuotes(),
        memory=memory,
    )
    log_access(app)
    register_error_handlers(app, error_page)
    add_security_headers(app)
    reject_cross_site(app)
    require_api_keys(app, settings.manager_api_keys)
    refuse_unknown_parameters(app)
    described = docs(app, with_keys=bool(settings.manager_api_keys))
    for blueprint in (submitting(), jobs.blueprint, crawls.blueprint, quotes.blueprint, health, described, web):
        app.register_blueprint(blueprint)
    return app
