import { Scheduler } from "../src/scheduler/scheduler.ts";
import { fifo, joinAlways, requestBatches } from "./baselines.ts";
import { type DeviceBucket, measuredBook, soloMsOf } from "./device.ts";
import { type Policy, shipped } from "./policy.ts";

export type ContenderName = "Pentimento" | "FIFO" | "requests" | "requests, delay" | "join always";

/** Where latency is compared nothing is refused. */
const unlimited = { backlogMsMax: Number.MAX_SAFE_INTEGER, accountShareMax: 1 };

/** Rows at which Triton's users commonly cap a diffusion model, and the published curve has most of its gain. */
const requestEditsMax = 8;

/** Every policy, made anew for each run. */
export function contenders(device: readonly DeviceBucket[]): Record<ContenderName, () => Policy> {
  const delayMs = 0.25 * soloMsOf(device[0]!, 28);
  return {
    Pentimento: () => shipped(new Scheduler({ costs: measuredBook(device), limits: unlimited })),
    FIFO: fifo,
    requests: () => requestBatches({ editsMax: requestEditsMax, delayMs: 0 }),
    "requests, delay": () => requestBatches({ editsMax: requestEditsMax, delayMs }),
    "join always": () => joinAlways({ rowsMax: 16 }),
  };
}
