/* Makes the pictures of full screens in docs/pictures: `bun scripts/pictures/make.ts [NAME…]`; it needs tmux and dist/proctor. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SHOP } from "./shop.ts";
import { terminalSvg } from "./terminal_svg.ts";
import type { Frame } from "./terminal_svg.ts";
import { TmuxTerminal } from "./tmux_terminal.ts";

const ROOT = resolve(import.meta.dirname!, "../..");
const PROCTOR = join(ROOT, "dist/proctor");
const PICTURES = join(ROOT, "docs/pictures");
/** Graphs are to have something to show. */
const PAST_MS = 30_000;

interface Stage {
  readonly shop: string;
  readonly terminal: TmuxTerminal;
}

/** Frames of a recording: the screen as it is now, for so long. */
type Take = (seconds?: number) => void;

interface Picture {
  readonly title: string;
  readonly columns: number;
  readonly rows: number;
  readonly play: (stage: Stage, take: Take) => Promise<void>;
}

/** Press keys one after another, as a person does, each seen for a while. */
async function keys({ terminal }: Stage, take: Take, ...pressed: readonly string[]): Promise<void> {
  for (const key of pressed) {
    terminal.press(key);
    await sleep(400);
    take(0.9);
  }
}

const PICTURES_BY_NAME: Readonly<Record<string, Picture>> = {
  foreground: {
    title: "proctor supervise",
    columns: 92,
    rows: 24,
    async play({ terminal }, take) {
      terminal.enter("clear; proctor supervise --state-dir state");
      await terminal.shows(/slow query/);
      await sleep(2_500);
      take();
    },
  },
  monitor: {
    title: "proctor ctl monitor",
    columns: 100,
    rows: 28,
    async play({ terminal }, take) {
      await inBackground(terminal);
      terminal.enter("clear; proctor ctl monitor --state-dir state --interval 500ms");
      await terminal.shows(/backoff/);
      await sleep(PAST_MS);
      terminal.press("Down");
      await terminal.shows(/slow query/);
      take();
    },
  },
  "monitor-keys": {
    title: "proctor ctl monitor",
    columns: 100,
    rows: 28,
    async play(stage, take) {
      const { terminal } = stage;
      await inBackground(terminal);
      terminal.enter("clear; proctor ctl monitor --state-dir state --interval 500ms");
      await terminal.shows(/backoff/);
      await sleep(PAST_MS / 2);
      take(1.5);
      await keys(stage, take, "Down", "Down", "Down", "i", "Down", "e", "Up", "Up", "Up", "l", "Enter");
      await keys(stage, take, "/", "s", "l", "o", "w", "Enter", "n", "Escape", "Escape", "r", "n", "Home");
      take(1.5);
    },
  },
  top: {
    title: "proctor top",
    columns: 124,
    rows: 32,
    async play({ shop, terminal }, take) {
      await inBackground(terminal);
      terminal.enter(`clear; proctor top ${await supervisorPid(shop)} --interval 500ms`);
      await terminal.shows(/encoder/);
      await sleep(PAST_MS);
      take();
    },
  },
  "top-details": {
    title: "proctor top",
    columns: 100,
    rows: 30,
    async play({ shop, terminal }, take) {
      await inBackground(terminal);
      terminal.enter(`clear; proctor top ${await supervisorPid(shop)} --interval 250ms --filter encoder`);
      await terminal.shows(/encoder\.py/);
      terminal.press("Down", "Enter");
      await sleep(PAST_MS);
      take();
    },
  },
};

async function inBackground(terminal: TmuxTerminal): Promise<void> {
  terminal.enter("clear; proctor supervise --detach --state-dir state && echo started");
  await terminal.shows(/^started/m);
}

/** All else that runs on the machine is not to be seen. */
async function supervisorPid(shop: string): Promise<number> {
  const where = { socketPath: join(shop, "state/proctor.sock"), path: "/info" };
  const text = await new Promise<string>((resolve, reject) =>
    request(where, (answer) => {
      let text = "";
      answer.on("data", (piece) => text += piece).on("end", () => resolve(text));
    }).on("error", reject).end()
  );
  return (JSON.parse(text) as { pid: number }).pid;
}

async function make(name: string, { title, columns, rows, play }: Picture): Promise<void> {
  // A short path that says nothing of the machine.
  const shop = join(tmpdir(), "shop");
  mkdirSync(shop);
  try {
    for (const [file, text] of Object.entries(SHOP)) writeFileSync(join(shop, file), text);
    using terminal = new TmuxTerminal(columns, rows, shop);
    terminal.enter(`PATH=${join(ROOT, "dist")}:/usr/bin:/bin`);
    const frames: Frame[] = [];
    try {
      await play({ shop, terminal }, (seconds = 1) => frames.push({ screen: terminal.screen, seconds }));
    } finally {
      terminal.press("q");
      terminal.press("C-c");
      // What is typed before the shell is back would be taken by what ends.
      await terminal.shellIsBack();
      terminal.enter(`clear; ${PROCTOR} ctl shutdown --state-dir state; echo all over`);
      await terminal.shows(/^all over/m);
    }
    writeFileSync(join(PICTURES, `${name}.svg`), terminalSvg(frames, columns, rows, title));
  } finally {
    rmSync(shop, { recursive: true, force: true, maxRetries: 5 });
  }
}

const wanted = process.argv.slice(2);
for (const name of wanted.length > 0 ? wanted : Object.keys(PICTURES_BY_NAME)) {
  const picture = PICTURES_BY_NAME[name];
  if (!picture) {
    throw new Error(`${name}: there is no such picture; ${Object.keys(PICTURES_BY_NAME).join(", ")}`);
  }
  await make(name, picture);
}
