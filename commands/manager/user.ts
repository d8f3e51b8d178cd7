import { Command, Option } from "commander";
import { EXIT } from "../../core/error.ts";
import { printable } from "../../core/printable.ts";
import { say } from "../../io/terminal/output.ts";

const ROLES = ["viewer", "operator", "editor", "admin"];

interface UserFlags {
  readonly role: string;
  readonly domain?: string;
  readonly channel?: string;
  readonly keepPassword?: boolean;
  readonly url: string;
  readonly tokenFile?: string;
}

const EXAMPLES = `
Asks the manager that runs, as the user whose directory it has. The password is
typed, or is the first line of standard input; it stands in no argument, which
everybody sees in ps. Somebody who is there already gets this role in the place
of all before, and has to log in again.

Examples:
  proctor manager user add ann --role viewer --domain factory
  proctor manager user add ops --role admin < password
  proctor manager user add ann --role operator --keep-password
  proctor manager user add ann --role viewer --url https://fleet.example
`;

/** `proctor manager user`: people who can log in. */
export function userCommand(end: (exitCode: number) => void): Command {
  const add = new Command("add")
    .description("put somebody in who can log in with a password, or change password and role")
    .argument("<name>", "what he is called")
    .addOption(new Option("--role <role>", "what he may").choices(ROLES).makeOptionMandatory())
    .option("--domain <id>", "in this domain only")
    .option("--channel <id>", "in this channel of it only")
    .option("--keep-password", "change the role only")
    .option("--url <url>", "where the manager is", "http://127.0.0.1:9460")
    .option("--token-file <file>", "a token for it (default: api_token in its usual directory)")
    .addHelpText("after", EXAMPLES)
    .action(async (name: string, flags: UserFlags) => end(await addUser(name, flags)));
  return new Command("user").description("people who can log in with a password").helpCommand(false)
    .addCommand(add);
}

async function addUser(name: string, flags: UserFlags): Promise<number> {
  const { askManager, managerAt } = await import("./ask_manager.ts");
  const manager = managerAt(flags.url, flags.tokenFile);
  const password = flags.keepPassword ? undefined : await readPassword(name);
  if (password === null) {
    say("no password was given; nothing was changed");
    return EXIT.proctorFailed;
  }
  const grant = {
    role: flags.role,
    ...(flags.domain !== undefined && { domain: flags.domain }),
    ...(flags.channel !== undefined && { channel: flags.channel }),
  };
  const fault = await askManager(manager, "PUT", `/api/v1/users/${encodeURIComponent(name)}`, {
    grants: [grant],
    ...(password !== undefined && { password }),
  });
  if (fault === null) return 0;
  say(printable(fault));
  return EXIT.proctorFailed;
}

/** Typed twice, since nobody sees what he types. */
async function readPassword(name: string): Promise<string | null> {
  const [{ askSecret }, { isTerminal }] = await Promise.all([
    import("../../io/terminal/ask_secret.ts"),
    import("../../io/terminal/output.ts"),
  ]);
  const first = await askSecret(`Password for ${printable(name)}: `);
  if (first === null || !isTerminal(0)) return first;
  const second = await askSecret("Once more: ");
  if (second === first) return first;
  say("the two are not the same");
  return null;
}
