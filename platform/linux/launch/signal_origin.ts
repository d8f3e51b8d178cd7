import { bytesAt } from "../../../ffi/mod.ts";
import { signalNumber } from "../processes/signal.ts";
import { libc } from "../sys/libc.ts";
import { ForeignMemory } from "../sys/memory.ts";
import { systemCall } from "../sys/machine_code.ts";
import { isInForeground } from "./own_status.ts";

/** Source: signal_origin.S; the last sixteen bytes are the address to note si_code at, and the handler. */
const CODE = {
  x64: "8b4e08488b05090000008908ff25090000009000000000000000000000000000000000",
  arm64: "290840b9aa000058490100b9aa00005840011fd61f2003d500000000000000000000000000000000",
} as const;

const PAGE = 4096;
const PROT_READ_WRITE = 3;
const PROT_READ_EXEC = 5;
const MAP_PRIVATE_ANONYMOUS = 0x22;
const SIGNAL_SET_SIZE = 8;
/** struct sigaction as the kernel has it (arch/x86 and arm64 alike): handler, flags, restorer, mask. */
const SIGACTION_SIZE = 32;
const SA_FLAGS = 8;
const SA_SIGINFO = 4;
/** si_code of a signal the kernel itself has sent, such as a terminal's Ctrl-C (sigaction(2)). */
const SI_KERNEL = 0x80;

const tracked = new Map<string, () => boolean>();

/**
 * Tell signals of a terminal from those of kill(2), which JavaScript does not: the terminal's have reached our
 * children already. Call it after the runtime has installed its handler, with `process.on`; the function it
 * returns says whether the signal that came last was the kernel's.
 *
 * Where no machine code can be had, it says whether it could have been: we are in the foreground.
 */
export function trackSignalOrigin(signal: string): () => boolean {
  const known = tracked.get(signal);
  if (known) return known;
  const noted = wrapHandler(signalNumber(signal));
  const fromTerminal = noted ? () => noted.view.getInt32(0, true) === SI_KERNEL : isInForeground;
  tracked.set(signal, fromTerminal);
  return fromTerminal;
}

/** Put our handler before the runtime's, for good: it does no harm when nobody asks. */
function wrapHandler(number: number): ForeignMemory | undefined {
  const code = CODE[process.arch as keyof typeof CODE];
  const action = new ForeignMemory(SIGACTION_SIZE);
  if (!code || systemCall("rt_sigaction", number, 0, action.address, SIGNAL_SET_SIZE) !== 0) return undefined;
  const handler = action.getU64(0);
  if (handler <= 1) return undefined; // SIG_DFL or SIG_IGN: there is no handler to go on to.
  const noted = new ForeignMemory(8);
  const page = libc.mmap(0, PAGE, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
  if (page <= 0 || page > Number.MAX_SAFE_INTEGER) return undefined;
  const bytes = bytesAt(page, PAGE);
  bytes.set(Buffer.from(code, "hex"));
  const words = new DataView(bytes.buffer, bytes.byteOffset + code.length / 2 - 16, 16);
  words.setBigUint64(0, BigInt(noted.address), true);
  words.setBigUint64(8, BigInt(handler), true);
  if (libc.mprotect(page, PAGE, PROT_READ_EXEC) !== 0) return undefined;
  action.setU64(0, page);
  action.setU64(
    SA_FLAGS,
    action.getU64(SA_FLAGS) + (action.view.getUint32(SA_FLAGS, true) & SA_SIGINFO ? 0 : SA_SIGINFO),
  );
  return systemCall("rt_sigaction", number, action.address, 0, SIGNAL_SET_SIZE) === 0 ? noted : undefined;
}
