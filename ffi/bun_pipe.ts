interface BunGlobal {
  file(descriptor: number): { stream(): ReadableStream<Uint8Array> };
}
// Asked for by use: an import would have every start evaluate it.
const fs = () => process.getBuiltinModule("node:fs");
const bun = () => (globalThis as unknown as { Bun: BunGlobal }).Bun;

/** What is to be done for a stream that nobody has begun to read when its writers are dead. */
const settlers = new WeakMap<ReadableStream<Uint8Array>, () => void>();

/** All writers of a stream are dead: keep what is left in its pipe, and let go of the descriptor. */
export function settle(stream: ReadableStream<Uint8Array>): void {
  settlers.get(stream)?.();
}

/** Read such a stream to its end for nothing; whoever had a reader has let go of it. */
export async function drain(stream: ReadableStream<Uint8Array>): Promise<void> {
  const reader = stream.getReader();
  try {
    while (!(await reader.read()).done);
  } catch {
    // A pipe that cannot be read is at its end, too.
  }
}

/** Bun leaves a descriptor open that it has not opened itself. */
export function pipeStream(
  descriptor: number,
  readRest: (descriptor: number) => Uint8Array,
): ReadableStream<Uint8Array> {
  const { ino } = fs().fstatSync(descriptor);
  let source: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let rest: Uint8Array | undefined;
  const close = () => {
    // Bun closes it in some cases; then the number may be somebody else's by now.
    if (isOpen(descriptor, ino)) fs().closeSync(descriptor);
  };
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (rest) {
        if (rest.length > 0) controller.enqueue(rest);
        return controller.close();
      }
      source ??= bun().file(descriptor).stream().getReader();
      const { done, value } = await source.read();
      if (!done) return controller.enqueue(value);
      close();
      controller.close();
    },
    async cancel(reason) {
      await source?.cancel(reason);
      if (!rest) close();
    },
  }, { highWaterMark: 0 });
  settlers.set(stream, () => {
    if (source || rest) return;
    rest = readRest(descriptor);
    close();
  });
  return stream;
}

function isOpen(descriptor: number, ino: number): boolean {
  try {
    return fs().fstatSync(descriptor).ino === ino;
  } catch {
    return false;
  }
}
