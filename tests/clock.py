"""The database's clock, set back: no test can do that, but what it leaves behind is that every row is of the future."""

# Triggers guard rows against just such changes.
SET_BACK = """
    DO $$ DECLARE
        name text;
        shifted text;
    BEGIN
        PERFORM set_config('session_replication_role', 'replica', true);
        FOR name, shifted IN
            SELECT table_name, string_agg(column_name || ' = ' || column_name || ' + interval ''10 minutes''', ', ')
            FROM information_schema.columns
            WHERE table_schema = 'public' AND data_type = 'timestamp with time zone' GROUP BY table_name
        LOOP EXECUTE 'UPDATE ' || name || ' SET ' || shifted;
        END LOOP;
    END $$
"""
