import { Argument, Command } from "commander";
import { profiles } from "../core/measure/profile.ts";
import { printOut } from "../io/terminal/output.ts";

const SHELLS = ["bash", "zsh", "fish", "powershell"];
const EXAMPLES = `
Examples:
  source <(proctor completion bash)
  proctor completion zsh > "\${fpath[1]}/_proctor"
  proctor completion fish > ~/.config/fish/completions/proctor.fish
`;

/** The script calls this function of the package bash-completion, which is not installed everywhere. */
const BASH_WITHOUT_COMPLETION_PACKAGE =
  `declare -F _get_comp_words_by_ref >/dev/null || _get_comp_words_by_ref() {
  words=("\${COMP_WORDS[@]}")
  cword=$COMP_CWORD
  cur=\${COMP_WORDS[COMP_CWORD]}
  prev=\${COMP_WORDS[COMP_CWORD - 1]}
}
`;

/**
 * `proctor completion SHELL`: a script for the shell, which asks `proctor complete -- WORDS` as the user types.
 * Both are built from the program itself, so that they know what --help knows.
 */
export function completionCommand(program: Command): Command {
  const suggest = new Command("complete").argument("[words...]").allowUnknownOption()
    .action(async (words: string[]) => {
      const { default: tab } = await import("@bomb.sh/tab");
      await describeTo(program, words);
      tab.parse(words);
    });
  program.addCommand(suggest.copyInheritedSettings(program), { hidden: true });
  return new Command("completion")
    .description("print a completion script for a shell")
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .addHelpText("after", EXAMPLES)
    .action(async (shell: string) => {
      const { default: tab } = await import("@bomb.sh/tab");
      const script = captured(() => tab.setup(program.name(), program.name(), shell));
      if (shell !== "bash") return void printOut(script);
      // Where proctor has nothing to suggest, files and commands are what is wanted.
      printOut(
        BASH_WITHOUT_COMPLETION_PACKAGE +
          script.replace("complete -F", "complete -o bashdefault -o default -F"),
      );
    });
}

/** Let the completion library see every verb and option of the program; it takes them from a copy. */
async function describeTo(program: Command, words: readonly string[]): Promise<void> {
  const { default: describe } = await import("@bomb.sh/tab/commander");
  const copy = new Command(program.name()).enablePositionalOptions();
  for (const verb of program.commands) if (verb.name() !== "complete") copy.addCommand(suggestProfiles(verb));
  const ctl = words[0] === "ctl" ? copy.commands.find((verb) => verb.name() === "ctl") : undefined;
  if (ctl) {
    const { suggestProcesses } = await import("./ctl/ctl_completion.ts");
    await suggestProcesses(ctl, words);
  }
  describe(copy, { completionCommandName: "tab-completion" });
}

/** Profiles can be files as well, so the options do not insist on the names; as suggestions they are welcome. */
function suggestProfiles(verb: Command): Command {
  const names = Object.keys(profiles);
  const option = verb.options.find(({ long }) => long === "--profile");
  if (option) option.argChoices = names;
  if (verb.name() === "profiles") verb.registeredArguments[0].argChoices = names;
  return verb;
}

/** What the library would print. */
function captured(print: () => void): string {
  const { log } = console;
  let text = "";
  console.log = (line: string) => text += `${line}\n`;
  try {
    print();
  } finally {
    console.log = log;
  }
  return text;
}
