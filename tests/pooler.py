"""PgBouncer between the tests and PostgreSQL, for `make test-pooled`: with the settings that ops/pgbouncer ships."""

import os
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from embedded.account import change_owner, shared_folder
from embedded.ports import LOOPBACK, free_ports, is_free
from embedded.postgres import ENVIRONMENT, USER, PostgresServer
from embedded.servers import Servers
from embedded.services import PROJECT
from embedded.supervisor import Command

SETTINGS = PROJECT / "ops" / "pgbouncer" / "settings.ini"


@dataclass(frozen=True, kw_only=True)
class PooledServer(PostgresServer):
    """The server; its `url` leads through the pooler. Only its `port` is still its own."""

    pooler_port: int

    @property
    def url(self) -> str:
        """As `DATABASE_URL` wants it."""
        return super().url.replace(f":{self.port}/", f":{self.pooler_port}/")


def find_pgbouncer() -> str | None:
    """The program, which Debian's package puts where only root looks."""
    return shutil.which("pgbouncer", path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"]))


def pooled(servers: Servers, program: str) -> Servers:
    """The same servers, the database behind a PgBouncer that ends with them."""
    (port,) = free_ports(1)
    folder = Path(tempfile.mkdtemp(prefix="wordcount-pooler-", dir=shared_folder()))
    servers.supervisor.guard.remove(folder)
    settings, logins = folder / "pgbouncer.ini", folder / "users.txt"
    logins.write_text(f'"{USER}" "{servers.folder.passwords().database}"\n', encoding="ascii")
    settings.write_text(
        f"""[pgbouncer]
{SETTINGS.read_text(encoding="ascii")}
listen_addr = {LOOPBACK}
listen_port = {port}
unix_socket_dir =
auth_file = {logins}
; Other roles, which some tests make, are looked up by this one.
auth_user = {USER}
; Each transaction runs on the connection that has been idle for longest: what leaks from one to the next is seen.
server_round_robin = 1

[databases]
* = host={LOOPBACK} port={servers.database.port}
""",
        encoding="ascii",
    )
    for path in (folder, settings, logins):
        change_owner(path, servers.database.account)
    servers.supervisor.start(
        Command(
            name="job_pooler",
            arguments=(program, str(settings)),
            environment=ENVIRONMENT,
            folder=folder,
            log=servers.folder.logs / "job_pooler.log",
            account=servers.database.account,
            is_ready=lambda: not is_free(port),
            stops_last=True,
        )
    )
    servers.supervisor.wait_until_ready("job_pooler")
    return replace(servers, database=PooledServer(**vars(servers.database), pooler_port=port))
