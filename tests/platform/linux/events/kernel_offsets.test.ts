import assert from "node:assert/strict";
import { test } from "node:test";
import { BpfEvents } from "../../../../platform/linux/events/bpf_events.ts";
import { readOffsets } from "../../../../platform/linux/events/kernel_offsets.ts";

test("types that cannot be read are not taken for types that the kernel does not have", () => {
  const none = readOffsets("/sys/kernel/btf/of no kernel");
  assert.ok("reason" in none);
  assert.match(none.advice, /CONFIG_DEBUG_INFO_BTF/);
  // As with EMFILE: another error than that there are none.
  const unreadable = readOffsets("/sys/kernel");
  assert.ok("reason" in unreadable);
  assert.equal(unreadable.reason, "the kernel's types cannot be read: it is a directory");
  assert.doesNotMatch(unreadable.advice, /CONFIG_/);
});

test("types are not read where programs are refused", () => {
  // So large a ring is refused to everybody.
  const refused = BpfEvents.open({ bufferBytes: 2 ** 32 }, () => assert.fail("they were read"));
  assert.ok("reason" in refused);
});
