import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parseExposition } from "../../../core/app/open_metrics.ts";

function read(text: string) {
  const page = parseExposition(text);
  if (typeof page === "string") throw new Error(page);
  return { counters: page.counters.map(({ name, value }) => [name, value]), gauges: [...page.gauges] };
}

describe("a page of metrics", () => {
  test("in Prometheus's text format", () => {
    const text = `# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="}\\"{"}    3 1395066363000

plain 12.47
errors_total 4
# TYPE temp gauge
temp{at="a"} -1.5e1
temp{at="b"} 5
broken NaN
endless +Inf
# TYPE took histogram
took_bucket{le="0.05"} 24054
took_bucket{le="+Inf"} 144320
took_sum 53423
took_count 144320
# TYPE rpc summary
rpc{quantile="0.5"} 4773
rpc_sum 1.7560473e+07
rpc_count 2693
`;
    assert.deepEqual(read(text), {
      counters: [
        ["http_requests_total", 1027],
        ["http_requests_total", 3],
        ["errors_total", 4],
        ["took_sum", 53423],
        ["took_count", 144320],
        ["rpc_sum", 17560473],
        ["rpc_count", 2693],
      ],
      gauges: [["plain", 12.47], ["temp", -10]],
    });
  });

  test("in OpenMetrics, with what is not a number left out", () => {
    const text = `# TYPE jobs counter
# UNIT jobs jobs
jobs_total{queue="x"} 17.0 1520879607.789 # {trace_id="KOO"} 0.67
jobs_created{queue="x"} 1520430000.123
# TYPE build info
build_info{version="1"} 1
# TYPE state stateset
state{state="a"} 1
# TYPE free gauge
free 5
# EOF
`;
    assert.deepEqual(read(text), { counters: [["jobs_total", 17]], gauges: [["free", 5]] });
  });

  for (
    const [text, words] of [
      ["a 1\n<html>\n", /^line 2 is none of the text format: "<html>"$/],
      ['a{b="c" 1\n', /^line 1 is none of the text format/],
      ["a one\n", /^line 1 is none/],
      ["a\n", /^line 1 is none/],
      [`${"x".repeat(20_000)} 1`, /^line 1 is longer than 16384 characters$/],
      ["\n".repeat(60_000), /^it has more than 50000 lines$/],
    ] as const
  ) {
    test(`which is none is refused with the line: ${JSON.stringify(text.slice(0, 20))}`, () => {
      const fault = parseExposition(text);
      assert.ok(typeof fault === "string");
      assert.match(fault, words);
    });
  }

  test("whatever it is, nothing throws, and every value is a number", () => {
    const piece = fc.constantFrom(
      "a",
      "_total",
      "{",
      "}",
      '"',
      "\\",
      "=",
      " ",
      "1",
      "e9",
      "\n",
      "# TYPE a counter",
      "#",
    );
    fc.assert(
      fc.property(fc.array(piece).map((pieces) => pieces.join("")), (text) => {
        const page = parseExposition(text);
        if (typeof page === "string") return;
        for (const { value } of page.counters) assert.ok(Number.isFinite(value) && value >= 0);
        for (const value of page.gauges.values()) assert.ok(!Number.isNaN(value));
      }),
      { numRuns: 2_000 },
    );
  });
});
