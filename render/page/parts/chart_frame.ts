import type uPlot from "uplot";
import { axisSteps, onAxis, TIME_STEPS, timeOnAxis } from "../../plot/axes.ts";
import type { Panel } from "../../plot/panels.ts";
import { styleOf } from "./dom.ts";

/** Width of the axis at the left, which all charts and the timeline share, so that times stand below each other. */
export const AXIS_WIDTH = 64;
/** What is left free at the right: half of the longest time, which may stand below the last moment (`10m 30s`). */
export const PADDING_RIGHT = 24;
/** Of a chart, its axis included. */
export const HEIGHT = 150;

/** What is around the lines of a chart: its size, axes, and a cursor that only we move. */
export function plotFrame(
  panel: Pick<Panel, "kind" | "unit">,
  width: number,
): Pick<uPlot.Options, "width" | "height" | "padding" | "legend" | "cursor" | "axes"> {
  const axis = {
    stroke: styleOf("--muted"),
    font: `11px ${styleOf("--font")}`,
    grid: { stroke: styleOf("--grid"), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height: HEIGHT,
    padding: [8, PADDING_RIGHT, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { size: 7 },
      dataIdx: (plot, _series, closest, time) =>
        panel.kind !== "level" && plot.data[0][closest] < time ? closest + 1 : closest,
      bind: {
        mousedown: none,
        mouseup: none,
        mousemove: none,
        mouseleave: none,
        mouseenter: none,
        dblclick: none,
        click: none,
      },
    },
    axes: [
      {
        ...axis,
        size: 26,
        incrs: TIME_STEPS,
        values: (_, ticks, __, ___, step) => ticks.map((at) => timeOnAxis(at, step)),
      },
      {
        ...axis,
        size: AXIS_WIDTH,
        space: 26,
        incrs: axisSteps(panel.unit),
        values: (_, ticks) => ticks.map((value) => onAxis(value, panel.unit)),
      },
    ],
  };
}

const none = () => null;
