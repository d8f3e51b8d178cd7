import { ProctorError, usageError } from "../../core/error.ts";
import { commandError } from "../../group/command_fault.ts";
import { waitAtMost } from "../../io/deadline.ts";
import { KnownTimers } from "../known_timers.ts";
import { reasonOf } from "../../io/errno_words.ts";
import { colorsWelcome, isTerminal } from "../../io/terminal/output.ts";
import { UnwaitedTerminal } from "../../io/terminal/unwaited_terminal.ts";
import type { ApiServer } from "../../supervisor/api/serve.ts";
import { isNamed } from "../../supervisor/instance_rows.ts";
import type { SupervisorEvent } from "../../supervisor/control.ts";
import type { Display } from "../../supervisor/logs/display.ts";
import type { OwnOutput } from "../../supervisor/logs/own_stream.ts";
import { LINK_MINUTES } from "../../io/net/page_sessions.ts";
import type { Supervisor } from "../../supervisor/supervisor.ts";
import type { OwnService } from "../../platform/mod.ts";
import { REAP } from "../reap.ts";
import { StillLoop } from "../still_loop.ts";
import { behindScreen } from "./behind_screen.ts";
import { ownGiveBack } from "./give_back.ts";
import type { Runtime } from "./give_back.ts";
import { openApi, webOption } from "./open_api.ts";
import { OwnFile } from "./own_file.ts";
import type { OwnScreen } from "./own_screen.ts";
import { onStandardError, OwnLog } from "./own_lines.ts";
import { SignalQueue } from "./signal_queue.ts";
import type { Source } from "./source.ts";
import type { SuperviseExportFlags, SupervisorExporters } from "./supervise_exporters.ts";
import { tellUp } from "./up.ts";

/** What a terminal has not taken by then is not waited for; at the end it is left out. */
const TERMINAL_PATIENCE_MS = 1_000;

/** How the supervisor is run. */
export interface RunFlags extends SuperviseExportFlags {
  stateDir?: string;
  socket?: string;
  web?: string;
  detachOnExit?: boolean;
  force?: boolean;
  quiet?: boolean;
  only?: string[];
  inBackground?: boolean;
  tui?: boolean;
}

/**
 * Supervise to the end; the exit code.
 * @param service what the system has started us as, where it has: it asks us to end, and nobody else listens
 */
export async function runSupervisor(source: Source, flags: RunFlags, service?: OwnService): Promise<number> {
  const web = flags.web === undefined ? undefined : webOption(flags.web);
  const [{ Supervisor }, { loadPlatform, reopenTerminal }] = await Promise.all([
    import("../../supervisor/supervisor.ts"),
    import("../../platform/mod.ts"),
  ]);
  const platform = await loadPlatform();
  const still = platform.standStill();
  // Before the first timer is made.
  const loop = still && new StillLoop(still, KnownTimers.takeOver());
  platform.useReaper([REAP]);
  if (source.command) {
    const error = await commandError({ command: source.command });
    if (error) throw error;
  }
  // Whoever does not read must not stop us.
  const [stdout, stderr] = ([1, 2] as const).map((one) => {
    const opened = isTerminal(one) ? reopenTerminal(one) : null;
    return opened === null ? undefined : new UnwaitedTerminal(opened);
  });
  let screen: OwnScreen | undefined;
  const drained = () => waitAtMost(TERMINAL_PATIENCE_MS, Promise.all([stdout?.drained(), stderr?.drained()]));
  const behind = (output: OwnOutput) => behindScreen(output, () => screen?.isShown === true);
  const onTerminal = onStandardError(stderr);
  const log = new OwnLog(onTerminal);
  const { tell } = log;
  // From the first moment: whoever ends us early wants nothing left.
  const signals = new SignalQueue(platform.terminalSignals);
  service?.onControl((control) => signals.arrive(control === "reload" ? "SIGHUP" : "SIGTERM"));
  let api: ApiServer | undefined;
  let exporters: SupervisorExporters | undefined;
  let ownFile: OwnFile | undefined;
  let exitCode = 0;
  const giveBack = ownGiveBack(globalThis as Runtime, platform.dropProgramPagesFinely);
  // A second signal ends at once: what still waits to leave is not waited for.
  let hurry = () => {};
  const hurried = new Promise<void>((resolve) => hurry = resolve);
  const onSignal = (made: Supervisor, signal: string) => {
    if (signal === "SIGHUP") {
      // A start that fails tells it itself.
      void started.then((one) =>
        one.reload().catch((error: Error) => {
          for (const line of error.message.split("\n")) tell("error", line);
          tell("error", "the configuration is as it was");
        }), () => {});
    } else if (made.info().state === "stopping") {
      hurry();
      made.killAll();
    } else void made.shutdown();
  };
  const started = Supervisor.start({
    configFile: source.configFile,
    processes: source.processes,
    beginsAnew: source.command !== undefined,
    stateDirectory: flags.stateDir,
    propletId: flags.propletId,
    detachOnExit: flags.detachOnExit,
    colorsWelcome: colorsWelcome(),
    ...(flags.tui ? { stdout: behind(stdout ?? process.stdout), stderr: behind(stderr ?? process.stderr) } : {
      stdout,
      stderr,
    }),
    display: displayOf(flags),
    say: tell,
    onEvent: (event) => {
      log.tellEvent(event);
      exporters?.event(event);
      giveBack.later();
      if (!source.command || event.id !== source.id || !endsForGood(event)) return;
      // What was to be done is done, or cannot be: nothing is left to supervise.
      exitCode = event.to === "failed" ? 1 : 0;
      void started.then((one) => one.shutdown(), () => {});
    },
    beforeReload: async (config) => await exporters?.change(config),
    beforeStart: async (made) => {
      if (flags.inBackground) log.goTo((ownFile = openOwnFile(made)).lines);
      log.startAt(made.manager.log_level);
      const { SupervisorExporters } = await import("./supervise_exporters.ts");
      exporters = await SupervisorExporters.open(made, flags, platform, tell);
      const isChosen = flags.stateDir !== undefined || made.manager.base_directory !== undefined;
      const otherwise = isChosen ? "" : "; --state-dir names another place";
      tell("info", `state and logs are in ${made.info().base_directory}${otherwise}`);
      api = await openApi(made, { socket: flags.socket, web });
      tell("info", `the API is at ${api.addresses.join(" and ")}`);
      if (api.tokenFile !== null) tell("info", `the token of its port is in ${api.tokenFile}`);
      if (api.pageAddress !== null) tellPage(api, tell, isTerminal(2) && !flags.inBackground && !flags.tui);
      // What is taken up may take long: whoever wants the end does not wait for it.
      signals.take((signal) => onSignal(made, signal));
      if (!flags.tui) return;
      // A screen is drawn all the time; what a supervisor does else is too seldom to be worth compiling soon.
      platform.compileSoon();
      const { OwnScreen } = await import("./own_screen.ts");
      // Lines that go elsewhere than to the terminal go there still.
      if (isTerminal(2)) ownFile = openOwnFile(made);
      screen = new OwnScreen({
        answer: api.answer,
        control: made,
        platform,
        hasColors: colorsWelcome(1),
        terminal: stdout,
        lines: ownFile?.lines ?? onTerminal,
        end: () => void made.shutdown(),
        interrupt: () => onSignal(made, "SIGINT"),
      });
      log.goTo(screen.lines);
      // Both streams are one terminal, and each has a queue of its own.
      await drained();
      await screen.start();
      const link = api.makeLink();
      if (link !== null) screen.tell(link);
    },
  });
  const leaveScreen = async () => {
    if (!screen) return;
    screen.close();
    await drained();
    log.goTo(onTerminal);
    if (ownFile) tell("info", `its output meanwhile is in ${ownFile.path}`);
  };
  const supervisor = await started.catch(async (error) => {
    await leaveScreen();
    await Promise.all([api?.close(), exporters?.close(), ownFile?.close()]);
    throw error;
  });
  const known = supervisor.list().map(({ id }) => id);
  for (const name of flags.only ?? []) {
    if (known.some((id) => isNamed(name, id))) continue;
    tell("warn", `--only: there is no "${name}"; there are ${known.join(", ")}`);
  }
  if (service) service.isUp();
  else if (flags.inBackground && ownFile) {
    const [page, page_link] = [api!.pageAddress, api!.makeLink()].map((one) => one ?? undefined);
    tellUp({ pid: process.pid, api: api!.addresses, page, page_link, log: ownFile.path });
  }
  loop?.begin();
  await supervisor.closed;
  loop?.end();
  await leaveScreen();
  await Promise.race([Promise.all([api?.close(), exporters?.close()]), hurried]);
  await ownFile?.close();
  await drained();
  return exitCode;
}

/** Where the page is. Its link lets in: it is for the terminal of whoever has started us, and for no log. */
function tellPage({ pageAddress, makeLink }: ApiServer, tell: OwnLog["tell"], isSeen: boolean): void {
  const link = isSeen ? makeLink() : null;
  if (link !== null) {
    tell("info", `the page is at ${link} (this link lets one browser in, once, for ${LINK_MINUTES} minutes)`);
  } else tell("info", `the page is at ${pageAddress}`);
}

/** Whose lines are shown: everybody's on a terminal, or those of the processes that are named. */
function displayOf({ quiet, only, inBackground, tui }: RunFlags): Display | undefined {
  if (only) {
    if (quiet) throw usageError("--quiet and --only: give one of them");
    if (inBackground) throw usageError("--only: there is no output in the background; use proctor ctl logs");
    return { only: new Set(only) };
  }
  return quiet || tui || inBackground || !isTerminal(1) ? undefined : {};
}

/** Whether an event is the end of a process that comes neither from a person nor from a restart. */
function endsForGood({ kind, from, to }: SupervisorEvent): boolean {
  return kind === "transition" && (to === "failed" || (to === "stopped" && from !== "stopping"));
}

function openOwnFile(made: Supervisor): OwnFile {
  const directory = made.info().base_directory;
  try {
    return new OwnFile(directory);
  } catch (error) {
    throw new ProctorError("system", `its own log in "${directory}" cannot be written: ${reasonOf(error)}`);
  }
}
