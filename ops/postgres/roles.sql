-- Run once, when the data folder is made. `job_owner` owns the tables, and only migrations use it; `job_service` is
-- what manager, workers and scheduler use: it reads and writes rows. The superuser is for people.
\getenv owner_password DATABASE_OWNER_PASSWORD
\getenv service_password DATABASE_PASSWORD

CREATE ROLE job_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE job_service LOGIN PASSWORD :'service_password';
-- Settings of the role, since PgBouncer takes none from those who connect. A query whose caller gave up ends, too; and none
-- is compiled before it runs, which takes longer than any of them.
ALTER ROLE job_service SET client_connection_check_interval = '1s';
ALTER ROLE job_service SET jit = off;

REVOKE ALL ON DATABASE :"DBNAME" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"DBNAME" TO job_owner, job_service;

ALTER SCHEMA public OWNER TO job_owner;
GRANT USAGE ON SCHEMA public TO job_service;
ALTER DEFAULT PRIVILEGES FOR ROLE job_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO job_service;
