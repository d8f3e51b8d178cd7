import { Argument, Command } from "commander";
import { profiles } from "../core/measure/profile.ts";
import { TOPICS } from "./help/topic_names.ts";
import { printOut } from "../io/terminal/output.ts";

const SHELLS = ["bash", "zsh", "fish", "powershell"];
const EXAMPLES = `
The script itself begins with how to install it, as a comment. It writes
nothing.

Examples:
  source <(proctor completion bash)
  proctor completion zsh > "\${fpath[1]}/_proctor"
  proctor completion fish > ~/.config/fish/completions/proctor.fish
`;

/** How each shell is given its script for good; these lines stand above it. */
const HINTS: Readonly<Record<string, readonly string[]>> = {
  bash: [
    "To install for you:       mkdir -p ~/.local/share/bash-completion/completions &&",
    "    proctor completion bash > ~/.local/share/bash-completion/completions/proctor",
    "To install for everybody: proctor completion bash > /etc/bash_completion.d/proctor",
    "In this shell alone:      source <(proctor completion bash)",
  ],
  zsh: [
    'To install: proctor completion zsh > "${fpath[1]}/_proctor", and start a new shell.',
    "Completion has to be on: autoload -Uz compinit && compinit, in ~/.zshrc.",
  ],
  fish: ["To install: proctor completion fish > ~/.config/fish/completions/proctor.fish"],
  powershell: ["To install: proctor completion powershell >> $PROFILE, and start a new shell."],
};

/** A script with its hints; zsh reads the first line for itself, so that they stand below that. */
function withHints(shell: string, script: string): string {
  const hints = HINTS[shell].map((line) => `# ${line}\n`).join("");
  const first = shell === "zsh" ? script.indexOf("\n") + 1 : 0;
  return script.slice(0, first) + hints + script.slice(first);
}

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
      if (shell !== "bash") return void printOut(withHints(shell, script));
      // Where proctor has nothing to suggest, files and commands are what is wanted.
      printOut(
        withHints(
          shell,
          BASH_WITHOUT_COMPLETION_PACKAGE +
            script.replace("complete -F", "complete -o bashdefault -o default -F"),
        ),
      );
    });
}

/** Let the completion library see every verb and option of the program; it takes them from a copy. */
async function describeTo(program: Command, words: readonly string[]): Promise<void> {
  const { default: describe } = await import("@bomb.sh/tab/commander");
  const copy = new Command(program.name()).enablePositionalOptions();
  for (const verb of program.commands) if (verb.name() !== "complete") copy.addCommand(suggestProfiles(verb));
  const pages = [...copy.commands.map((verb) => verb.name()), ...Object.keys(TOPICS)];
  copy.addCommand(
    new Command("help").description("show the help of a verb, or a topic")
      .addArgument(new Argument("[page]").choices(pages)),
  );
  copy.addCommand(new Command("version").description("print the version"));
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
