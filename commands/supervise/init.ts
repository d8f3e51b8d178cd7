import { existsSync } from "node:fs";
import { Command } from "commander";
import { ProctorError, usageError } from "../../core/error.ts";
import { printable } from "../../core/printable.ts";
import { reasonOf } from "../../io/errno_words.ts";
import { createFile } from "../../io/private_file.ts";
import { printOut } from "../../io/terminal/output.ts";
import { DEFAULT_FILES } from "./source.ts";

const EXAMPLES = `
Asks nothing, and overwrites nothing.

Examples:
  proctor init && proctor supervise
  proctor init services/proctor.yaml
`;

/** What `proctor init` writes: it runs as it stands, and shows in comments what else there is. */
export const TEMPLATE =
  `# What proctor keeps running. proctor supervise starts it, proctor supervise --check checks it.
# Every key is in docs/supervisor.md; proctor supervise --schema prints the JSON Schema, for editors.

processes:
  # The simplest: a name, and a command. Blanks and quotes part it into words; a shell is asked for below.
  # web: python3 -m http.server 8000

  clock:
    command: while :; do date; sleep 10; done
    shell: true # hand the command to sh as it is; a list of words, [sleep, "10"], needs none
    # cwd: work                     # default: the directory of this file
    # env: { PORT: 3000, DATABASE_URL: "\${DATABASE_URL}" }
    # env_file: .env
    # user: app                     # needs the right to change to it

    # depends_on: { db: { condition: healthy } } # or started, or exited_successfully
    # ready: http://127.0.0.1:3000/ # it is running once this answers; a port or a command will do
    # health: { http: { url: "http://127.0.0.1:3000/health" }, interval: 10s, failure_threshold: 3 }

    restart: on_failure # or always, unless_stopped, never
    # stop_signal: SIGTERM
    # graceful_timeout: 10s         # between the signal and SIGKILL
    # stop: ./ctl stop              # asks it to stop in its own words, before the signal

    # limits:
    #   memory: { max: 512M, policy: restart }
    #   cpu: { max_percent: 100, policy: throttle }

# process_manager:
#   base_directory: .proctor        # state, socket and logs; default: /var/lib/proctor, or ~/.local/state/proctor
#   port: 50055                     # HTTP API beside the socket
`;

/** `proctor init`: write a configuration to begin with. */
export function initCommand(end: (exitCode: number) => void): Command {
  return new Command("init")
    .description("write a commented configuration for supervise, asking nothing")
    .argument("[file]", "where to", DEFAULT_FILES[0])
    .addHelpText("after", EXAMPLES)
    .action((file: string) => {
      const taken = [file, ...(file === DEFAULT_FILES[0] ? DEFAULT_FILES : [])].find((name) =>
        existsSync(name)
      );
      if (taken !== undefined) throw usageError(`"${taken}" is there already; nothing was written`);
      try {
        createFile(file, TEMPLATE);
      } catch (error) {
        throw new ProctorError("system", `cannot write "${file}": ${reasonOf(error)}`);
      }
      const named = (DEFAULT_FILES as readonly string[]).includes(file) ? "" : ` --config ${file}`;
      printOut(printable(`${file} is written; proctor supervise${named} runs what is in it`) + "\n");
      end(0);
    });
}
