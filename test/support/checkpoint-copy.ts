import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { checkpointConfigs, writeRandomCheckpoint } from "./random-checkpoint.ts";

export interface CheckpointCopy {
  /** A whole checkpoint, to spoil. */
  readonly folder: string;
  /** A folder beside it for models, which is not there yet. */
  readonly models: string;
}

/** Gives each test of a file a checkpoint of its own. */
export function copyForEach(take: (copy: CheckpointCopy) => void): void {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "pentimento-import-"));
    await writeRandomCheckpoint(join(root, "whole"), { configs: checkpointConfigs(), shards: 2 });
  });
  beforeEach(async () => {
    const own = await mkdtemp(join(root, "case-"));
    const folder = join(own, "checkpoint");
    await cp(join(root, "whole"), folder, { recursive: true });
    take({ folder, models: join(own, "models") });
  });
  afterAll(async () => {
    await rm(root, { recursive: true });
  });
}
