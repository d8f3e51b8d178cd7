/** Whose files are understood. */
export const FORMATS = [
  "procfile",
  "supervisord",
  "systemd",
  "process-compose",
  "docker-compose",
  "pm2",
] as const;
/** Whose file it is. */
export type Format = (typeof FORMATS)[number];
