import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { QUANTITIES, QUANTITY_NAMES } from "../../../core/compare/quantity.ts";
import { nearestQuantity, quantitiesNamed } from "../../../core/compare/quantity_words.ts";

describe("a total of a run is named", () => {
  for (
    const [word, names] of [
      ["wall", ["wall_seconds"]],
      ["time", ["wall_seconds"]],
      ["cpu", ["cpu_seconds"]],
      ["CPU, user", ["cpu_user_seconds"]],
      ["cpu-system", ["cpu_system_seconds"]],
      ["memory", ["peak_memory_bytes"]],
      ["peak_memory", ["peak_memory_bytes"]],
      ["memory average", ["avg_memory_bytes"]],
      ["rss", ["peak_resident_bytes"]],
      ["pss", ["peak_memory_pss_bytes"]],
      ["disk", ["disk_read_bytes", "disk_write_bytes", "disk_cancelled_write_bytes"]],
      ["I/O", ["io_read_bytes", "io_write_bytes"]],
      ["network", ["network_rx_bytes", "network_tx_bytes"]],
      ["loopback", ["network_loopback_rx_bytes", "network_loopback_tx_bytes"]],
      ["faults", ["minor_faults", "major_faults"]],
      ["context switches", ["voluntary_context_switches", "involuntary_context_switches"]],
      ["processes", ["total_process_count"]],
      ["zebra", []],
      ["", []],
      ["toString", []],
    ] as const
  ) test(`"${word}"`, () => assert.deepEqual(quantitiesNamed(word), names));

  test("by its name, and by its label", () => {
    for (const name of QUANTITY_NAMES) {
      assert.deepEqual(quantitiesNamed(name), [name]);
      const labelled = quantitiesNamed(QUANTITIES[name].label);
      // A label that several share, such as "memory", is none here.
      assert.deepEqual(labelled, [name], QUANTITIES[name].label);
    }
  });
});

test("a word that is nearly one is recognised", () => {
  assert.equal(nearestQuantity("wal"), "wall");
  assert.equal(nearestQuantity("memroy"), "memory");
  assert.equal(nearestQuantity("peak_memory_byte"), "peak_memory_bytes");
  assert.equal(nearestQuantity("xylophone"), null);
});
