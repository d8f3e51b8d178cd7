/** The least that is to be typed for a service under each supervisor, in the way of its own documentation. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** What is typed, and what is seen of it. */
export interface Typed {
  readonly name: string;
  /** Its program, which is searched on the PATH; null: our own. */
  readonly program: string | null;
  /** The file that is written, and what is in it; none where there is none. */
  readonly file?: (port: number) => readonly [name: string, text: string];
  readonly command: (port: number) => string;
  /** What a bench adds to it that a person would not type: where state goes. */
  readonly besides: string;
  /** Whether a health check of its own is in that. */
  readonly checksHealth: boolean;
}

const service = (port: number) => `python3 -um http.server ${port}`;

/** All that are compared. */
export const TYPED: readonly Typed[] = [
  {
    name: "proctor",
    program: null,
    file: (port) => [
      "proctor.yaml",
      `processes:\n  web: { command: ${service(port)}, health: { http: "http://127.0.0.1:${port}" } }\n`,
    ],
    command: () => "proctor supervise",
    besides: " --state-dir state",
    checksHealth: true,
  },
  {
    name: "proctor, no file",
    program: null,
    command: (port) => `proctor supervise -- ${service(port)}`,
    besides: " --state-dir state",
    checksHealth: false,
  },
  {
    name: "foreman",
    program: "foreman",
    file: (port) => ["Procfile", `web: ${service(port)}\n`],
    command: () => "foreman start",
    besides: "",
    checksHealth: false,
  },
  {
    name: "supervisord",
    program: "supervisord",
    file: (port) => [
      "supervisord.conf",
      `[supervisord]\nnodaemon=true\n\n[program:web]\ncommand=${service(port)}\nredirect_stderr=true\n` +
      "stdout_logfile=/dev/fd/1\nstdout_logfile_maxbytes=0\n",
    ],
    command: () => "supervisord -c supervisord.conf",
    besides: "",
    checksHealth: false,
  },
  {
    name: "pm2",
    program: "pm2",
    command: (port) => `pm2 start "${service(port)}" --name web --no-daemon`,
    besides: "",
    checksHealth: false,
  },
];

/** Whether a program is on the PATH. */
export function isOnPath(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((directory) => existsSync(join(directory, program)));
}
