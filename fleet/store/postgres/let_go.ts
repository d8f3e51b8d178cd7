import type { Statements } from "./statements.ts";

/** Long for a manager that lives; who is stopped may hold a lock for longer. */
const SILENT_MS = 2_000;

/**
 * A manager that is stopped between two messages of one statement counts as active, so that no timeout of the server
 * ends its transaction, and its locks stay. (pg_stat_activity: it is active, and waits for its client.)
 */
const END_SILENT = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
    AND application_name = current_setting('application_name')
    AND xact_start IS NOT NULL AND wait_event_type = 'Client' AND wait_event = 'ClientRead'
    AND state_change < clock_timestamp() - $1::float8 * interval '1 millisecond'`;

/** End the transactions of managers that have been silent for seconds: they may lock what is to be taken over. */
export async function endSilentTransactions(statements: Statements): Promise<void> {
  await statements.all(END_SILENT, SILENT_MS);
}
