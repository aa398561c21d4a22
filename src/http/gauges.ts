import { statfs } from "node:fs/promises";
import type { EngineHealth } from "../engine/engine.ts";
import type { Snapshot } from "../scheduler/snapshot.ts";
import type { GaugeSource } from "./metrics.ts";

export interface GaugePorts {
  readonly snapshot: () => Snapshot;
  readonly engine: () => EngineHealth;
  readonly dataFolder: string;
  readonly sockets: () => { readonly sockets: number; readonly subscriptions: number };
}

/** What the metrics tell beside requests and the process. */
export function gauges({ snapshot, engine, dataFolder, sockets }: GaugePorts): GaugeSource[] {
  const perBucket = (value: (bucket: Snapshot["buckets"][number]) => number) => () =>
    snapshot().buckets.map((bucket) => ({ labels: { bucket: bucket.bucket }, value: value(bucket) }));
  const byBucket = { labelNames: ["bucket"] };
  return [
    {
      name: "pentimento_queue_pictures",
      help: "Pictures that wait, by geometry",
      ...byBucket,
      read: perBucket(({ depth }) => depth),
    },
    {
      name: "pentimento_queue_oldest_seconds",
      help: "Age of the oldest picture that waits, by geometry",
      ...byBucket,
      read: perBucket(({ oldestWaitingMs }) => oldestWaitingMs / 1000),
    },
    {
      name: "pentimento_open_pictures",
      help: "Pictures that are being made, by geometry",
      ...byBucket,
      read: perBucket(({ open }) => open),
    },
    {
      name: "pentimento_step_seconds",
      help: "What a denoising step costs, by geometry and rows in it",
      labelNames: ["bucket", "rows"],
      read: () =>
        [...snapshot().curves].flatMap(([bucket, curve]) =>
          curve.map(({ rows, ms }) => ({ labels: { bucket, rows: `${rows}` }, value: ms / 1000 })),
        ),
    },
    {
      name: "pentimento_backlog_seconds",
      help: "Estimated work that is outstanding",
      read: () => snapshot().backlogMs / 1000,
    },
    { name: "pentimento_engine_up", help: "1 when a model is open", read: () => (engine().state === "up" ? 1 : 0) },
    { name: "pentimento_engine_deaths", help: "Deaths of the engine so far", read: () => engine().deaths },
    {
      name: "pentimento_disk_free_bytes",
      help: "Bytes free where the data folder lies",
      // Where the system cannot tell, there is no number.
      read: () => freeBytes(dataFolder).catch(() => []),
    },
    { name: "pentimento_sockets", help: "Open WebSockets", read: () => sockets().sockets },
    { name: "pentimento_subscriptions", help: "Operations on them", read: () => sockets().subscriptions },
  ];
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
