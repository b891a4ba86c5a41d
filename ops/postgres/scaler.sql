-- `job_scaler` is whom KEDA asks as how many workers there should be. It may call functions, which read with the rights of
-- whoever calls them, and it may read no table. So `worker_demand` alone answers it, which reads with its owner's.
\getenv scaler_password DATABASE_SCALER_PASSWORD

CREATE ROLE job_scaler LOGIN PASSWORD :'scaler_password' CONNECTION LIMIT 8;
ALTER ROLE job_scaler SET statement_timeout = '2s';
GRANT CONNECT ON DATABASE :"DBNAME" TO job_scaler;
GRANT USAGE ON SCHEMA public TO job_scaler;
