import { byId, make } from "../parts/dom.ts";
import { ask, askFor } from "../parts/question.ts";
import { act, describe } from "./server.ts";
import { ACTION_WORDS, actionsOf, consequence } from "./figures.ts";
import type { Action } from "./figures.ts";
import type { StoredRow } from "./store.ts";

/** How long is told that something was done. */
const TOLD_MS = 6_000;
const UNDERWAY: Readonly<Record<Exclude<Action, "signal">, string>> = {
  start: "Starting",
  stop: "Stopping",
  restart: "Restarting",
  reset: "Resetting",
};

/** Which signal, as the API takes it. */
const SIGNAL = {
  label: "Signal",
  value: "HUP",
  pattern: "[A-Za-z0-9+]{1,20}",
  suggestions: ["HUP", "INT", "TERM", "QUIT", "USR1", "USR2", "WINCH", "CONT", "STOP", "KILL"],
};

/** The buttons of a process, which change with its state. */
export class ActionButtons {
  readonly element = make("div", { class: "actions" });
  #shown = "";

  /** @param which of them there is room for */
  constructor(readonly which: readonly Action[]) {}

  show(row: StoredRow): void {
    const actions = actionsOf(row).filter((action) => this.which.includes(action));
    const shown = `${row.id} ${actions.join(" ")}`;
    if (shown === this.#shown) return;
    this.#shown = shown;
    const isFocused = this.element.contains(document.activeElement);
    this.element.replaceChildren(...actions.map((action) => {
      const words = ACTION_WORDS[action];
      const button = make("button", { type: "button", "aria-label": `${words} ${row.id}` }, words);
      const does = () => action === "signal" ? sendSignal(row.id) : perform(action, row.id);
      button.addEventListener("click", () => void does());
      return button;
    }));
    if (isFocused) this.element.querySelector("button")?.focus();
  }
}

/** Do something to a process, after a question where it ends something. */
async function perform(action: Exclude<Action, "signal">, id: string): Promise<void> {
  const words = ACTION_WORDS[action];
  try {
    const { dependents } = await describe(id);
    const text = consequence(action, id, dependents);
    if (text !== null && !await ask({ title: `${words} ${id}?`, text, doIt: words })) return;
    tell(`${UNDERWAY[action]} ${id} …`);
    await act(id, action);
    tell(`${words} ${id}: done.`);
  } catch (error) {
    tell(`${words} ${id}: ${(error as Error).message}`, true);
  }
}

/** Send a signal to the main process, after a question which one. */
async function sendSignal(id: string): Promise<void> {
  const text = `It goes to the main process of ${id} alone, which does with it what it likes.`;
  const question = { title: `Send a signal to ${id}?`, text, doIt: "Send" };
  const signal = await askFor(question, SIGNAL);
  if (signal === null) return;
  try {
    await act(id, `signal?${new URLSearchParams({ signal })}`);
    tell(`Signal ${id}: ${signal.toUpperCase()} was sent.`);
  } catch (error) {
    tell(`Signal ${id}: ${(error as Error).message}`, true);
  }
}

let told: ReturnType<typeof setTimeout> | undefined;

function tell(text: string, isBad = false): void {
  const notice = byId("notice");
  clearTimeout(told);
  notice.textContent = text;
  notice.classList.toggle("bad", isBad);
  notice.hidden = false;
  // What went wrong stays until something else is to be told.
  if (!isBad) told = setTimeout(() => notice.hidden = true, TOLD_MS);
}
