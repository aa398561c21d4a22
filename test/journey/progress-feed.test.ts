import { expect, it } from "vitest";
import type { ProgressEvent } from "../../src/core/progress.ts";
import { ProgressFeed } from "../../src/journey/progress-feed.ts";

const editId = "e";
const at = 0;
const score = { category: "GORE", score: 0.9, threshold: 0.5 } as const;
const verdict = { stage: "PROMPT", verdict: "REFUSE", policyVersion: "1", appealable: true, ...score } as const;
const refused: ProgressEvent = { editId, seq: 1, at, kind: "moderated", status: "REFUSED", verdict };
const resumed: ProgressEvent = { editId, seq: 2, at, kind: "resumed" };
const started: ProgressEvent = { editId, seq: 3, at, kind: "started", batchSize: 1, bucket: "64x64" };
const step: ProgressEvent = { editId, seq: 4, at, kind: "step", index: 0, step: 1, total: 2, etaMs: 1 };
const completed: ProgressEvent = { editId, seq: 6, at, kind: "completed", imageIds: [] };

/** Numbers that a watcher is told until its stream ends. */
async function told(feed: ProgressFeed, after: number): Promise<number[]> {
  const seqs: number[] = [];
  for await (const { seq } of feed.watch(editId, { after, previews: false })) seqs.push(seq);
  return seqs;
}

it("the past goes on after a refusal that was overturned, to its own end", async () => {
  const feed = new ProgressFeed(async () => [refused, resumed, started, completed]);
  expect(await told(feed, 0)).toEqual([1, 2, 3, 6]);
  expect(await told(feed, 1)).toEqual([2, 3, 6]);
});

it.each([6, 7, 1_000_000])(
  "nothing is left after %i of an edit that ended at 6: the stream ends at once",
  async (after) => {
    const feed = new ProgressFeed(async () => [refused, resumed, started, completed]);
    expect(await told(feed, after)).toEqual([]);
  },
);

it.each([
  [0, [1, 2, 3, 4, 6]],
  [3, [4, 6]],
  [1_000_000, []],
])("what happens while the past is read is told once, and ends the stream: after %i", async (after, seqs) => {
  const feed: ProgressFeed = new ProgressFeed(async () => {
    for (const event of [refused, resumed, started, step, completed]) feed.publish({ accountId: "a", event });
    return [refused, resumed, started];
  });
  expect(await told(feed, after)).toEqual(seqs);
});

it("what is told a second time is passed on once", async () => {
  const feed: ProgressFeed = new ProgressFeed(async () => {
    for (const event of [started, step, started, step, completed]) feed.publish({ accountId: "a", event });
    return [refused, resumed];
  });
  expect(await told(feed, 0)).toEqual([1, 2, 3, 4, 6]);
});

it("a watcher whose past cannot be read is forgotten", async () => {
  const feed = new ProgressFeed(() => Promise.reject(new Error("the database does not answer")));
  const stream = feed.watch(editId, { after: 0, previews: true });
  expect(feed.wantsPreview(editId)).toBe(true);
  await expect(stream.next()).rejects.toThrow(/does not answer/);
  expect(feed.wantsPreview(editId)).toBe(false);
});
