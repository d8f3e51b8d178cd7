import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { isTimezone } from "../../../core/timezone.ts";
import { patternFault } from "../../../config/cron_pattern.ts";
import { nextTimeMs } from "../../../config/next_time.ts";
import { Scheduler } from "../../../supervisor/schedule/scheduler.ts";
import type { Scheduled } from "../../../supervisor/schedule/scheduler.ts";

const NOON = Date.parse("2026-11-29T12:00:00Z");
const MINUTE = 60_000;

/** One process with a schedule, and a clock that is set by hand. */
class Scene {
  now = NOON;
  readonly told: string[] = [];
  readonly started: string[] = [];
  readonly one = {
    id: "a",
    schedule: { pattern: "*/5 * * * *", timezone: "UTC" },
    isToRun: true as boolean,
    hindrance: null as string | null,
    scheduledAtMs: null as number | null,
  } satisfies Scheduled;
  readonly scheduler = new Scheduler<Scheduled>({
    processes: () => [this.one],
    start: () => this.started.push(this.at),
    tell: (_, sentence) => this.told.push(sentence),
    now: () => this.now,
  });

  get at(): string {
    return new Date(this.now).toISOString().slice(11, 19);
  }

  /** The clock goes on, or is set. */
  to(time: string): void {
    this.now = Date.parse(`2026-11-29T${time}Z`);
    this.scheduler.look();
  }
}

function scene(run: (scene: Scene) => void, kept: ReadonlyMap<string, number> = new Map()): void {
  const made = new Scene();
  try {
    made.scheduler.begin(kept);
    run(made);
  } finally {
    made.scheduler.stop();
  }
}

describe("a schedule", () => {
  test("starts at its times, and not between them", () =>
    scene((one) => {
      for (const time of ["12:00:01", "12:04:59", "12:05:00", "12:05:00", "12:05:10", "12:10:07"]) {
        one.to(time);
      }
      assert.deepEqual(one.started, ["12:05:00", "12:10:07"]);
      assert.equal(one.one.scheduledAtMs, NOON + 15 * MINUTE);
      assert.deepEqual(one.told, []);
    }));

  test("is another one from the moment that a reload brings it", () =>
    scene((one) => {
      one.to("12:05:00");
      one.one.schedule = { pattern: "*/2 * * * *", timezone: "UTC" };
      one.to("12:05:10");
      assert.equal(one.one.scheduledAtMs, NOON + 6 * MINUTE);
      one.to("12:06:00");
      assert.deepEqual(one.started, ["12:05:00", "12:06:00"]);
    }));

  test("keeps nobody awake where nothing has one", () => {
    const timers: unknown[] = [];
    const { setTimeout: real } = globalThis;
    globalThis.setTimeout = ((...given: Parameters<typeof real>) => {
      timers.push(given[1]);
      return real(...given);
    }) as typeof real;
    try {
      const processes: Scheduled[] = [{
        id: "a",
        schedule: null,
        isToRun: true,
        hindrance: null,
        scheduledAtMs: null,
      }];
      const scheduler = new Scheduler<Scheduled>({
        processes: () => processes,
        start: () => {},
        tell: () => {},
        now: () => NOON,
      });
      scheduler.begin(new Map());
      assert.deepEqual(timers, []);
      processes.push({ ...processes[0], id: "b", schedule: { pattern: "@daily", timezone: "UTC" } });
      scheduler.look();
      assert.deepEqual(timers, [10_000]);
      scheduler.stop();
    } finally {
      globalThis.setTimeout = real;
    }
  });

  test("leaves a start out while the last one runs, and while it is stopped by hand", () =>
    scene((one) => {
      one.one.hindrance = "the last one still runs";
      one.to("12:05:00");
      one.one.hindrance = null;
      one.one.isToRun = false;
      one.to("12:10:00");
      one.one.isToRun = true;
      one.to("12:15:00");
      assert.deepEqual(one.started, ["12:15:00"]);
      assert.deepEqual(one.told, [
        "its start at 2026-11-29T12:05:00Z is left out: the last one still runs",
      ]);
    }));

  test("makes up for nothing where the clock was set forward, or the machine has slept", () =>
    scene((one) => {
      one.to("12:05:30");
      one.to("15:07:00");
      one.to("15:10:00");
      assert.deepEqual(one.started, ["12:05:30", "15:10:00"]);
      assert.deepEqual(one.told, [
        "its start at 2026-11-29T12:10:00Z was missed: the clock was set, or the machine has slept; " +
        "it is not made up for",
      ]);
    }));

  test("starts nothing twice where the clock was put back a little, and goes on where it was put back far", () => {
    scene((one) => {
      one.to("12:05:01");
      one.to("12:04:30");
      one.to("12:05:05");
      one.to("12:10:00");
      assert.deepEqual(one.started, ["12:05:01", "12:10:00"]);
    });
    scene((one) => {
      one.to("12:05:00");
      one.to("09:01:00");
      one.to("09:05:00");
      assert.deepEqual(one.started, ["12:05:00", "09:05:00"]);
    });
  });

  test("tells what was missed while nobody was there", () => {
    const missed = new Map([["a", NOON - 60 * MINUTE]]);
    scene(({ told, started }) => {
      assert.deepEqual(told, [
        "its start at 2026-11-29T11:00:00Z was missed: no supervisor was there; it is not made up for",
      ]);
      assert.deepEqual(started, []);
    }, missed);
    scene(({ told }) => assert.deepEqual(told, []), new Map([["a", NOON + MINUTE]]));
  });

  test("is read by the clock of its time zone, over summer time as well", () => {
    const at = (pattern: string, timezone: string, after: string) =>
      new Date(nextTimeMs({ pattern, timezone }, Date.parse(after))!).toISOString();
    assert.equal(at("0 3 * * *", "Europe/Berlin", "2026-07-01T12:00:00Z"), "2026-07-02T01:00:00.000Z");
    assert.equal(at("0 3 * * *", "Europe/Berlin", "2026-12-01T12:00:00Z"), "2026-12-02T02:00:00.000Z");
    // 02:30 is left out there on the last Sunday of March: it is started all the same.
    assert.match(at("30 2 * * *", "Europe/Berlin", "2027-03-27T12:00:00Z"), /^2027-03-28T01:/);
    // The 13th, or any Friday, as crontab(5) has it.
    assert.equal(at("0 0 13 * fri", "UTC", "2026-11-29T00:00:00Z"), "2026-12-04T00:00:00.000Z");
  });

  test("neither loses nor doubles a fixed time where the clock is changed; steps follow the clock", () => {
    /** Every start of a local day, asked for minute by minute, so that it does not matter when somebody asks. */
    const starts = (pattern: string, from: string, to: string) => {
      const found = new Set<string>();
      for (let now = Date.parse(from); now < Date.parse(to); now += MINUTE) {
        const next = nextTimeMs({ pattern, timezone: "Europe/Berlin" }, now)!;
        if (next < Date.parse(to)) found.add(new Date(next).toISOString().slice(11, 16));
      }
      return [...found].join(" ");
    };
    for (
      const [pattern, spring, autumn] of [
        // Local 02:00 to 03:00 is left out from 01:00Z on; what falls into it is started then.
        ["30 2 * * *", "01:00", "00:30"],
        ["15 2,14 * * *", "01:00 12:15", "00:15 13:15"],
        ["0,30 2 * * *", "01:00", "00:00 00:30"],
        ["0-2 2 * * *", "01:00", "00:00 00:01 00:02"],
        ["15 1-4 * * *", "00:15 01:00 01:15 02:15", "23:15 00:15 02:15 03:15"],
        ["*/20 2 * * *", "", "00:00 00:20 00:40 01:00 01:20 01:40"],
        ["30 0-23/1 * * *", null, null],
        ["30 * * * *", null, null],
      ] as const
    ) {
      const days = [
        starts(pattern, "2026-03-28T22:59:00Z", "2026-03-29T21:59:00Z"),
        starts(pattern, "2026-10-24T21:59:00Z", "2026-10-25T22:59:00Z"),
      ];
      if (spring !== null) assert.deepEqual(days, [spring, autumn], pattern);
      // Every hour that there is has its start.
      else assert.deepEqual(days.map((day) => day.split(" ").length), [23, 24], pattern);
    }
  });

  test("that is none is refused with the reason", () => {
    for (const good of ["*/5 * * * *", "@daily", "0 9 * jan-mar mon", "*/10 * * * * *"]) {
      assert.equal(patternFault(good), null, good);
    }
    for (const bad of ["", "* * * *", "61 * * * *", "soon", "0 0 30 2 *", "2030-01-01T00:00:00", "@reboot"]) {
      assert.match(patternFault(bad) ?? "", /^\S.{5,}$/, bad);
    }
    assert.equal(patternFault("* * * * "), "it has 4 fields");
    assert.equal(patternFault("0 0 1 1 * * 2030"), "it has 7 fields");
    assert.equal(patternFault("@every 5m"), "there is no such word");
    assert.deepEqual(["UTC", "Europe/Berlin", "Europe/Nowhere", ""].map(isTimezone), [
      true,
      true,
      false,
      false,
    ]);
    fc.assert(fc.property(fc.string(), (text) => {
      const fault = patternFault(text);
      assert.ok(fault === null || !fault.includes("\n"));
    }));
  });
});
