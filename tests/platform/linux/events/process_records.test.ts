/* What an execution says of itself, byte by byte. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EXEC, KIND, wordsOf } from "../../../../platform/linux/events/process_records.ts";

/** A record as a program writes it, with so many bytes of arguments that stand behind it. */
function execution(args: string, copied: number) {
  const bytes = new Uint8Array(EXEC.size + copied);
  const view = new DataView(bytes.buffer);
  view.setUint32(EXEC.kind, KIND.exec, true);
  view.setUint32(EXEC.argumentBytes, args.length, true);
  bytes.set(new TextEncoder().encode("true\0"), EXEC.name);
  bytes.set(new TextEncoder().encode("/bin/true\0"), EXEC.path);
  bytes.set(new TextEncoder().encode(args).subarray(0, copied), EXEC.size);
  return wordsOf(bytes, view, 0, bytes.length);
}

test("name and path are told with the arguments, and without where those could not be read", () => {
  const args = "/bin/true\0nr 7\0";
  const named = { name: "true", executable: "/bin/true" };
  assert.deepEqual(execution(args, args.length), { ...named, command: "/bin/true nr 7" });
  assert.deepEqual(execution(args, 0), { ...named, command: null });
  assert.deepEqual(execution("", 0), { ...named, command: null });
});
