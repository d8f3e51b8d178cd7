import assert from "node:assert/strict";
import { test } from "node:test";
import { appNotes } from "../../../render/text/app_table.ts";

test("what a program has told in vain is counted, one and many", () => {
  const notes = (count: number) =>
    appNotes({
      metrics: [],
      line_count: count,
      malformed_line_count: count,
      unselected_line_count: count,
      omitted_name_count: count,
      omitted_series_count: count,
      dropped_datagram_count: count,
    });
  assert.equal(
    notes(1),
    "1 line made no sense, 1 line of names not asked for, 1 name too many, 1 series too many, 1 datagram was dropped",
  );
  assert.equal(
    notes(2_000),
    "2,000 lines made no sense, 2,000 lines of names not asked for, 2,000 names too many, 2,000 series too many, " +
      "2,000 datagrams were dropped",
  );
  assert.equal(notes(0), "nothing");
});
