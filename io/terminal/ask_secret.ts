import { isTerminal, printError } from "./output.ts";

/** No secret that people type is longer. */
const MOST_CHARACTERS = 4_096;
const [INTERRUPT, END, ERASE, DELETE] = ["\x03", "\x04", "\b", "\x7f"];

/**
 * Read a secret: at a terminal what is typed, which is not shown, behind a question; else the first line of standard
 * input.
 * @returns null where nothing was given, or it was called off
 */
export async function askSecret(question: string): Promise<string | null> {
  if (!isTerminal(0)) return await firstLine();
  const { stdin } = process;
  // Before the question: who answers fast is not shown either.
  stdin.setRawMode(true);
  printError(question);
  stdin.setEncoding("utf8");
  try {
    return await typedLine();
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    printError("\n");
  }
}

function typedLine(): Promise<string | null> {
  const { stdin } = process;
  let text = "";
  return new Promise((resolve) => {
    const end = (result: string | null, rest = "") => {
      stdin.off("data", take);
      stdin.off("end", over);
      // What was pasted behind it answers the next question.
      if (rest !== "") stdin.unshift(rest);
      resolve(result);
    };
    const over = () => end(null);
    const take = (piece: string) => {
      const characters = [...piece];
      for (const [at, character] of characters.entries()) {
        if (character === INTERRUPT) return end(null);
        if (character === "\r" || character === "\n" || character === END) {
          return end(text === "" ? null : text, characters.slice(at + 1).join(""));
        }
        if (character === ERASE || character === DELETE) text = [...text].slice(0, -1).join("");
        else if (text.length < MOST_CHARACTERS) text += character;
      }
    };
    stdin.on("data", take);
    stdin.on("end", over);
    stdin.resume();
  });
}

async function firstLine(): Promise<string | null> {
  let text = "";
  process.stdin.setEncoding("utf8");
  for await (const piece of process.stdin as AsyncIterable<string>) {
    text += piece;
    if (text.includes("\n") || text.length > MOST_CHARACTERS) break;
  }
  const [line] = text.split(/\r?\n/);
  return line === "" || line.length > MOST_CHARACTERS ? null : line;
}
