import { copyFileSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { SmallDisk } from "../tests/supervisor/support/small_disk.ts";
import { PATIENCE_MS, PeerTrial, SETTLE_MS } from "./lib/peer_trial.ts";
import type { Outcome } from "./lib/peer_trial.ts";
import { PEERS } from "./lib/peers.ts";
import type { Peer, StartedPeer } from "./lib/peers.ts";
import { kill } from "./lib/processes.ts";
import type { Bench, BenchResult } from "./lib/result.ts";

/**
 * The service: numbered lines to its output, each noted down elsewhere as well. Like most servers it lives on when its
 * output cannot be written. What it was to write and could not counts as lost.
 */
const WRITER = String.raw`$SIG{PIPE}="IGNORE";my($w,$t)=@ARGV;open my $h,">>",$t or die;my $l="$$.$^T";` +
  String.raw`for(my $n=1;;$n++){syswrite STDOUT,"life $l line $n ".("."x60)."\n";` +
  String.raw`syswrite $h,"life $l line $n\n";select undef,undef,undef,0.01}`;
/** It ignores SIGTERM, and so do its child in a session of its own and an orphaned grandchild in another. */
const STUBBORN = String.raw`use POSIX;$SIG{TERM}="IGNORE";my $w=shift;` +
  String.raw`if(!fork){POSIX::setsid();if(!fork){POSIX::setsid();sleep 600}sleep 600}` +
  String.raw`if(!(my $p=fork)){if(!fork){POSIX::setsid();sleep 600}exit}else{waitpid $p,0}sleep 600 while 1`;
const PROCESSES_OF_STUBBORN = 4;

interface Fault {
  readonly what: string;
  readonly program: string;
  /** What is done; what was started is pushed to `started`, so that it ends whatever happens. */
  happen(trial: PeerTrial, started: StartedPeer[]): Promise<void>;
}

/** Start the supervisor anew, and see what has become of the service and its lines. */
async function startAgain(trial: PeerTrial, started: StartedPeer[]): Promise<void> {
  const lives = trial.lives();
  started.push(trial.start());
  await trial.watchForAnotherStart(lives);
  await trial.end(started.slice(-1));
  trial.compareLines();
}

const FAULTS: readonly Fault[] = [
  {
    what: "kill -9 of the supervisor, and a start",
    program: WRITER,
    async happen(trial, started) {
      started.push(trial.start());
      await trial.writes(100);
      kill(started[0].pid()!);
      await trial.watch(500);
      await startAgain(trial, started);
    },
  },
  {
    what: "a full disk, on which the service crashes",
    program: WRITER,
    async happen(trial, started) {
      started.push(trial.start());
      await trial.writes(100);
      trial.disk.fill();
      await trial.writes(100);
      for (const pid of trial.holders()) kill(pid);
      await trial.watch(SETTLE_MS);
      if (trial.holders().length === 0) trial.remark("no service while the disk is full");
      trial.disk.empty();
      await trial.watch(PATIENCE_MS, () => trial.holders().length > 0);
      await trial.writes(100);
      await trial.end(started);
      trial.compareLines();
    },
  },
  {
    what: "the same, and kill -9 of the supervisor",
    program: WRITER,
    async happen(trial, started) {
      started.push(trial.start());
      await trial.writes(100);
      trial.disk.fill();
      for (const pid of trial.holders()) kill(pid);
      await trial.watch(SETTLE_MS);
      const supervisor = started[0].pid();
      if (supervisor === null) trial.remark("the supervisor has ended by itself");
      else kill(supervisor);
      await trial.watch(500);
      trial.disk.empty();
      await startAgain(trial, started);
    },
  },
  {
    what: "the log truncated by someone else",
    program: WRITER,
    async happen(trial, started) {
      started.push(trial.start());
      await trial.writes(100);
      // Nothing is in the air while it is done: whatever is lost, the supervisor has lost it.
      const service = trial.holders();
      for (const pid of service) process.kill(pid, "SIGSTOP");
      await trial.watch(SETTLE_MS);
      const { log } = trial.task;
      const aside = join(trial.directory, "aside");
      copyFileSync(log, aside);
      truncateSync(log);
      for (const pid of service) process.kill(pid, "SIGCONT");
      trial.aside = readFileSync(aside, "latin1");
      await trial.writes(100);
      await trial.end(started);
      trial.compareLines();
    },
  },
  {
    what: "a stubborn tree is stopped",
    program: STUBBORN,
    async happen(trial, started) {
      started.push(trial.start());
      const isWhole = () => trial.holders().length === PROCESSES_OF_STUBBORN;
      await trial.watch(PATIENCE_MS, isWhole);
      started[0].stopService();
      await trial.watch(SETTLE_MS, () => trial.holders().length === 0);
      const left = trial.holders().length;
      await trial.end(started);
      trial.outcome.atTheEnd = left;
    },
  },
  {
    what: "two supervisors started at once",
    program: WRITER,
    async happen(trial, started) {
      started.push(trial.start(), trial.start());
      await trial.watch(PATIENCE_MS, () => trial.lives() > 0);
      await trial.watchForAnotherStart(1);
      await trial.end(started);
      trial.compareLines();
    },
  },
];

async function tryOut(peer: Peer, fault: Fault): Promise<Outcome> {
  const trial = new PeerTrial(peer, fault.program);
  const started: StartedPeer[] = [];
  try {
    await fault.happen(trial, started);
    return trial.outcome;
  } finally {
    await trial.clear();
  }
}

/** The same faults tried on proctor and its peers, and what each has lost, doubled and left. */
export const supervisorPeers: Bench = {
  about: "the same faults tried on supervisord, pm2 and proctor: what is lost, doubled and left",
  async run({ quick }): Promise<BenchResult> {
    const noDisk = SmallDisk.obstacle();
    if (noDisk) return { tables: [], checks: [], notes: [], skipped: noDisk };
    const notes = PEERS.map((peer) => {
      const obstacle = peer.obstacle();
      return obstacle ? `${peer.name}: not tried: ${obstacle}` : `${peer.name} ${peer.version()}`;
    });
    const there = PEERS.filter((peer) => peer.obstacle() === null);
    const rounds = quick ? 1 : 3;
    const rows: (string | number | null)[][] = [];
    const own = { copies: 0, lines: 0, left: 0 };
    for (const fault of FAULTS) {
      for (const peer of there) {
        const outcomes: Outcome[] = [];
        for (let round = 0; round < rounds; round++) outcomes.push(await tryOut(peer, fault));
        const range = (value: (one: Outcome) => number) => {
          const values = outcomes.map(value);
          const [least, most] = [Math.min(...values), Math.max(...values)];
          return least === most ? String(least) : `${least} … ${most}`;
        };
        const sum = (value: (one: Outcome) => number) =>
          outcomes.reduce((total, one) => total + value(one), 0);
        const remarks = [...new Set(outcomes.map(({ remark }) => remark.replace(/^\d+ NUL/, "NUL")))];
        const isTree = fault.program === STUBBORN;
        rows.push([
          fault.what,
          peer.name,
          isTree ? null : range(({ mostAtOnce }) => mostAtOnce),
          isTree ? null : range(({ atTheEnd }) => atTheEnd),
          isTree ? null : sum(({ written }) => written),
          isTree ? null : sum(({ lost }) => lost),
          isTree ? null : sum(({ doubled }) => doubled),
          range(({ left, atTheEnd }) => isTree ? atTheEnd : left),
          remarks.filter((one) => one !== "").join("; "),
        ]);
        if (peer.name !== "proctor") continue;
        if (!isTree) {
          own.copies += outcomes.filter(({ mostAtOnce, atTheEnd }) =>
            mostAtOnce !== 1 || atTheEnd !== 1
          ).length;
        }
        own.lines += sum(({ lost, doubled }) => lost + doubled);
        own.left += sum(({ left, atTheEnd }) => left + (isTree ? atTheEnd : 0));
      }
    }
    const columns = [
      { name: "fault" },
      { name: "supervisor" },
      { name: "copies at once, at most" },
      { name: "copies at the end" },
      { name: "lines written" },
      { name: "lost" },
      { name: "doubled" },
      { name: "processes left after stop" },
      { name: "and" },
    ];
    const check = (what: string, measured: number) => ({ what, unit: "", measured, wanted_at_most: 0 });
    return {
      tables: [{ title: `one service, ${rounds} time${rounds === 1 ? "" : "s"} each`, columns, rows }],
      checks: [
        check("proctor: trials with no copy, or more than one", own.copies),
        check("proctor: lines lost or doubled", own.lines),
        check("proctor: processes left", own.left),
      ],
      notes,
    };
  },
};
