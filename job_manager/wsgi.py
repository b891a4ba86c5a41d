"""What gunicorn serves: `gunicorn job_manager.wsgi:app`."""

from job_core.logs import configure_logs
from job_manager.app import create_app
from job_tasks.settings import settings

configure_logs(settings().log_format, settings().log_level)
app = create_app(settings())
