import { SimulatedAgent } from "./agent.ts";
import { FAULTS } from "./plan.ts";
import type { FaultName, FleetMessage, FleetPlan } from "./plan.ts";

/** The agents of a fleet, each with the fault that the plan has for it. */
function agentsOf(plan: FleetPlan): SimulatedAgent[] {
  const faults = (Object.keys(FAULTS) as FaultName[])
    .flatMap((name) => Array<FaultName>(plan.faults[name] ?? 0).fill(name));
  return Array.from({ length: plan.agents }, (_, number) => {
    return new SimulatedAgent(number, plan, faults[number] ?? null);
  });
}

/**
 * What a fleet publishes before a time, in the order of time. Each agent has its own moment in every interval.
 * @param until ms since 1970
 */
export function* fleetMessages(plan: FleetPlan, until: number): Generator<FleetMessage> {
  const agents = agentsOf(plan).sort((a, b) => a.phaseMs - b.phaseMs);
  for (let start = plan.startAt, tick = 0; start < until; start += plan.intervalMs, tick++) {
    for (const agent of agents) {
      const at = start + agent.phaseMs;
      if (at >= until) return;
      for (const said of agent.tick(tick, at)) yield { ...said, at, agent: agent.number };
    }
  }
}
