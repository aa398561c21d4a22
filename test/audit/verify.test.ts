import { describe, expect, it } from "vitest";
import { chainedText } from "../../src/audit/chain.ts";
import { splitNotes } from "../../src/audit/checkpoint.ts";
import { faultOfConsistency, faultOfProof, proveConsistency, proveEvent } from "../../src/audit/prove.ts";
import { verifyAudit } from "../../src/audit/verify.ts";
import type { SealedEvent } from "../../src/core/audit-event.ts";
import { checkpointsOf, drawing, erased, makeEvents, sealAll, sourceOf, testSigner } from "./made-log.ts";
import { type Copy, tamperings } from "./tampering.ts";

/** `PENTIMENTO_TAMPERINGS=10000 npx vitest run test/audit/verify` takes a minute or two. */
const tamperingCount = Number(process.env.PENTIMENTO_TAMPERINGS ?? 1000);

function makeCopy(seed: number, count?: number): Copy {
  const draw = drawing(seed);
  const length = count ?? 12 + draw(30);
  const events = sealAll(makeEvents(length, draw));
  const sizes = [1 + draw(length), 1 + draw(length), length];
  return { events, checkpoints: checkpointsOf(events, sizes) };
}

const verifyCopy = ({ events, checkpoints }: Copy) => verifyAudit(sourceOf(events), [checkpoints], testSigner);

function rowsOf(events: readonly SealedEvent[]) {
  return { hashedRows: async (positions: readonly number[]) => new Map(positions.map((at) => [at, events[at]!])) };
}

describe("a log that nobody changed", () => {
  it("is whole at every size", async () => {
    for (const count of [1, 2, 3, 7, 8, 9, 33, 100]) {
      const report = await verifyCopy(makeCopy(count, count));
      expect(report).toMatchObject({ whole: true, sealed: count, afterCheckpoint: 0, faults: [] });
    }
  });

  it("stays whole when details are erased, and that is on record", async () => {
    const copy = makeCopy(1, 40);
    const since = copy.events.findLastIndex(({ kind }) => kind === "audit.erased");
    const mayBe = copy.events.slice(0, since - 4).filter(({ accountId }) => accountId !== null);
    const events = copy.events.map((event) => (mayBe.includes(event) ? erased(event) : event));
    expect(await verifyCopy({ ...copy, events })).toMatchObject({ whole: true, erased: mayBe.length });
    const young = { accountId: events[30]!.accountId, at: events[39]!.at };
    const later = [...events.slice(0, 30), erased(events[30]!), ...events.slice(31)];
    const source = { ...sourceOf(later), unsealedErasures: async () => [young] };
    expect(await verifyAudit(source, [copy.checkpoints], testSigner)).toMatchObject({ whole: true });
  });

  it("tells how much no checkpoint covers yet", async () => {
    const { events } = makeCopy(2, 40);
    const report = await verifyCopy({ events, checkpoints: checkpointsOf(events, [10, 25]) });
    expect(report).toMatchObject({ whole: true, checkpoints: 2, afterCheckpoint: 15 });
    expect((await verifyCopy({ events, checkpoints: "" })).faults).toEqual([
      "there is no checkpoint: the whole log could have been replaced",
    ]);
  });

  it("is digested in a form that others can write too", () => {
    const [event] = makeCopy(3, 12).events;
    const plain = { ...event!, at: new Date(0), category: null, detailsDigest: "ab", subjectId: 'a"b' };
    expect(chainedText(plain)).toBe(
      `["event-00000","1970-01-01T00:00:00.000Z","${plain.actor}","${plain.kind}","edit","a\\"b",${JSON.stringify(plain.accountId)},null,"ab"]`,
    );
  });
});

describe("a log that somebody changed", () => {
  it(`is found out, ${tamperingCount} times of ${tamperingCount}`, { timeout: 600_000 }, async () => {
    const names = Object.keys(tamperings);
    const copies = Array.from({ length: 50 }, (_, i) => makeCopy(i));
    const missed: string[] = [];
    for (let seed = 0; seed < tamperingCount; seed += 1) {
      const name = names[seed % names.length]!;
      const changed = tamperings[name]!(copies[seed % copies.length]!, drawing(-1 - seed));
      if ((await verifyCopy(changed)).whole) missed.push(`${name}, seed ${seed}`);
    }
    expect(missed).toEqual([]);
  });

  it("is told by the row that was changed, and by that alone", async () => {
    const copy = makeCopy(4, 50);
    const events = copy.events.map((event, i) => (i === 20 ? { ...event, actor: "somebody else" } : event));
    const { faults } = await verifyCopy({ ...copy, events });
    expect(faults).toEqual([
      "event event-00020 at position 20: it was changed, or another event stood here or before it",
    ]);
  });

  it("is told by an event without details that the server would not have erased", async () => {
    const copy = makeCopy(4, 50);
    const faultsOf = async (change: Partial<SealedEvent>, at: number) => {
      const resealed = sealAll(copy.events.map((event, i) => (i === at ? { ...event, ...change } : event)));
      const events = resealed.map((event, i) => (i === at ? erased(event) : event));
      return (await verifyCopy({ events, checkpoints: checkpointsOf(events, [50]) })).faults;
    };
    const never = "its details were erased, and of such an event they never are";
    const incident = { kind: "incident.sealed", accountId: "account-1" };
    expect(await faultsOf(incident, 2)).toEqual([`event event-00002 at position 2: ${never}`]);
    expect(await faultsOf({ accountId: null }, 2)).toEqual([`event event-00002 at position 2: ${never}`]);
    const since = "its details were erased, and no erasure since is on record";
    const after = { kind: "account.changed", accountId: "account-1" };
    expect(await faultsOf(after, 30)).toEqual([`event event-00030 at position 30: ${since}`]);
    expect(await faultsOf(after, 2)).toEqual([]);
  });

  it("is told by a row where no event can stand, and by that alone", async () => {
    const copy = makeCopy(4, 50);
    const events = [{ ...copy.events[7]!, id: "forged", position: -1 }, ...copy.events];
    const { faults } = await verifyCopy({ ...copy, events });
    expect(faults).toEqual(["event forged at position -1: no event can stand here"]);
  });

  it("is told by the checkpoint when every link was made again", async () => {
    const { events, checkpoints } = makeCopy(5, 50);
    const forged = sealAll(events.map((event, i) => (i === 20 ? { ...event, actor: "somebody else" } : event)));
    const { faults } = await verifyCopy({ events: forged, checkpoints });
    expect(faults.at(-1)).toBe("the first 50 events are not those that a checkpoint signed");
  });

  it("is not whole when only the copy of the checkpoints knows better", async () => {
    const { events, checkpoints } = makeCopy(6, 50);
    const shorter = events.slice(0, 30);
    const report = await verifyAudit(sourceOf(shorter), [checkpointsOf(shorter, [30]), checkpoints], testSigner);
    expect(report.faults.at(-1)).toBe("events are missing at the end: a checkpoint holds 50, the log 30");
  });
});

describe("proofs", () => {
  it("show each event to be under a checkpoint, and fail for any other", async () => {
    const { events } = makeCopy(7, 45);
    for (const size of [1, 16, 31, 45]) {
      const [note] = splitNotes(checkpointsOf(events, [size])).notes;
      for (const event of events.slice(0, size)) {
        const proof = await proveEvent(rowsOf(events), event, { note: note!, size });
        expect(faultOfProof(proof, testSigner)).toBeUndefined();
        expect(faultOfProof({ ...proof, event: { ...proof.event, actor: "x" } }, testSigner)).toMatch(/do not lead/);
        expect(faultOfProof({ ...proof, event: { ...proof.event, details: { x: 1 } } }, testSigner)).toMatch(/details/);
        expect(faultOfProof({ ...proof, position: proof.position + 1 }, testSigner)).toMatch(/do not lead/);
      }
    }
  });

  it("show one checkpoint to go on from another", async () => {
    const { events } = makeCopy(8, 45);
    const { events: others } = makeCopy(9, 45);
    const noteOf = (log: readonly SealedEvent[], size: number) => splitNotes(checkpointsOf(log, [size])).notes[0]!;
    for (const [older, newer] of [
      [1, 45],
      [16, 17],
      [31, 45],
      [45, 45],
    ] as const) {
      const hashes = await proveConsistency(rowsOf(events), older, newer);
      const grown = { older: noteOf(events, older), newer: noteOf(events, newer), hashes };
      expect(faultOfConsistency(grown, testSigner)).toBeUndefined();
      expect(faultOfConsistency({ ...grown, older: noteOf(others, older) }, testSigner)).toMatch(
        /the hashes do not lead/,
      );
    }
  });
});
