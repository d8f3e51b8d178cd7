/** Names that other supervisors have for keys of a process, and what these are called here. */
const FOREIGN: Readonly<Record<string, string>> = {
  after: "depends_on",
  autorestart: "restart",
  autostart: "enabled",
  cmd: "command",
  cron: "schedule",
  cron_restart: "schedule",
  directory: "cwd",
  exec_start: "command",
  execstart: "command",
  exitcodes: "success_exit_codes",
  labels: "groups",
  log: "log_collection",
  logs: "log_collection",
  logging: "log_collection",
  max_memory_restart: "limits",
  max_restarts: "context_aware_restart",
  memory: "limits",
  numprocs: "instances",
  part_of: "restart_with",
  priority: "depends_on",
  replicas: "instances",
  requires: "depends_on",
  scale: "instances",
  script: "command",
  startsecs: "start_seconds",
  stopwaitsecs: "graceful_timeout",
  tags: "groups",
  tz: "timezone",
  ulimits: "rlimits",
  working_dir: "cwd",
  workdir: "cwd",
};

/** The key that was meant by a name of another supervisor; null where none is known. */
export function meantByForeign(name: string): string | null {
  const known = name.toLowerCase().replaceAll("-", "_");
  return Object.hasOwn(FOREIGN, known) ? FOREIGN[known] : null;
}
