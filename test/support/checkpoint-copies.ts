import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkpointConfigs, writeRandomCheckpoint } from "./random-checkpoint.ts";

/** A whole checkpoint in a folder that goes with it, and copies of it to spoil. */
export class CheckpointCopies implements AsyncDisposable {
  readonly root: string;
  /** Not to be changed. */
  readonly whole: string;

  private constructor(root: string) {
    this.root = root;
    this.whole = join(root, "whole");
  }

  static async make(): Promise<CheckpointCopies> {
    const copies = new CheckpointCopies(await mkdtemp(join(tmpdir(), "pentimento-import-")));
    await writeRandomCheckpoint(copies.whole, { configs: checkpointConfigs(), shards: 2 });
    return copies;
  }

  /** A copy, and a folder beside it for models, which is not there yet. */
  async copy(): Promise<{ folder: string; models: string }> {
    const own = await mkdtemp(join(this.root, "case-"));
    const folder = join(own, "checkpoint");
    await cp(this.whole, folder, { recursive: true });
    return { folder, models: join(own, "models") };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true });
  }
}
