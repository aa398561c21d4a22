import { type DeviceBucket, flat256, flat512, linear1024 } from "./device.ts";
import type { Workload } from "./workload.ts";

export interface Scenario extends Workload {
  readonly title: string;
}

const served = { accounts: 20, edits: 3_000 } as const;
const anySteps = [8, 20, 28, 50];

/** What the tables of docs/scheduler.md show. */
export const scenarios: readonly Scenario[] = [
  { title: "H200 512², 28 steps, load 0.8", buckets: [flat512], steps: [28], load: 0.8, ...served },
  {
    title: "H200 512², 8 to 50 steps, bursts of 4, load 1.6",
    buckets: [flat512],
    steps: anySteps,
    load: 1.6,
    burst: 4,
    ...served,
  },
  { title: "H200 512², 8 to 50 steps, load 2.4", buckets: [flat512], steps: anySteps, load: 2.4, ...served },
  { title: "linear, 28 steps, load 0.8", buckets: [linear1024], steps: [28], load: 0.8, ...served },
  { title: "linear, 8 to 50 steps, load 0.8", buckets: [linear1024], steps: anySteps, load: 0.8, ...served },
  {
    title: "linear, 8 to 50 steps, load 0.8, all interactive",
    buckets: [linear1024],
    steps: anySteps,
    load: 0.8,
    priorities: ["interactive"],
    ...served,
  },
  {
    title: "three sizes, three classes, deadlines, bursts of 4, load 0.9",
    buckets: [flat256, flat512, linear1024],
    steps: anySteps,
    load: 0.9,
    burst: 4,
    priorities: ["interactive", "normal", "batch"],
    deadlineSolos: 10,
    ...served,
  },
];

/** The same on a device that was measured. */
export function scenariosOn(buckets: readonly DeviceBucket[]): readonly Scenario[] {
  return [0.8, 1.6].map((load) => ({
    title: `measured curves, 8 to 50 steps, load ${load}`,
    buckets,
    steps: anySteps,
    load,
    ...served,
  }));
}
