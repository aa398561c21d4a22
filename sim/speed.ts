import { priorities } from "../src/scheduler/job.ts";
import { Scheduler } from "../src/scheduler/scheduler.ts";
import { chance } from "./chance.ts";
import { type DeviceBucket, flat256, flat512, linear1024, measuredBook } from "./device.ts";
import { quantile } from "./measure.ts";
import { plainJob } from "./workload.ts";

export interface Speed {
  readonly queued: number;
  readonly buckets: number;
  /** Milliseconds of scheduling per step: every decision and report since the step before. */
  readonly p50: number;
  readonly p99: number;
  readonly mean: number;
}

const steps = 28;
const measuredSteps = 2_000;
const warmUpSteps = 200;

/** How long the scheduler thinks per step with so many edits queued, of ten an account, in all classes. */
export function measureSpeed(queued: number, buckets: number): Speed {
  const luck = chance(1);
  const kinds = [flat512, flat256, linear1024];
  const device: DeviceBucket[] = Array.from({ length: buckets }, (_, i) => {
    const kind = kinds[i % kinds.length]!;
    return { ...kind, bucket: `${kind.bucket} ${i}` };
  });
  const limits = { backlogMsMax: Number.MAX_SAFE_INTEGER, accountShareMax: 1 };
  const scheduler = new Scheduler({ costs: measuredBook(device), limits });
  for (let i = 0; i < queued; i += 1) {
    const account = `account ${luck.whole(queued / 10)}`;
    scheduler.restore({ ...plainJob(`${i}`, luck.pick(device), steps), account, priority: luck.pick(priorities) }, i);
    scheduler.release(`${i}`, i);
  }
  const left = new Map<string, number>();
  const thought: number[] = [];
  let now = queued;
  let since = performance.now();
  while (thought.length < warmUpSteps + measuredSteps) {
    const decision = scheduler.next(now);
    now += 50;
    if (decision.kind === "open") {
      left.set(decision.id, steps);
      scheduler.opened(decision.id, { rows: 1, step: 0, steps, ms: 50 });
    } else if (decision.kind === "decode") {
      scheduler.decoded(decision.id, 50, now);
    } else if (decision.kind === "step") {
      for (const id of decision.ids) left.set(id, left.get(id)! - 1);
      scheduler.stepped(decision.ids, { ms: 50, done: decision.ids.filter((id) => left.get(id) === 0) });
      thought.push(performance.now() - since);
      since = performance.now();
    } else if (decision.kind === "idle") {
      break;
    }
  }
  const measured = thought.slice(warmUpSteps);
  const mean = measured.reduce((sum, ms) => sum + ms, 0) / measured.length;
  const sorted = measured.sort((a, b) => a - b);
  return { queued, buckets, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), mean };
}
