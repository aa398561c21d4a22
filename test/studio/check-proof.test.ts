import { describe, expect, it } from "vitest";
import { ChainEnd } from "../../src/audit/chain.ts";
import { signCheckpoint } from "../../src/audit/checkpoint.ts";
import { faultOfProof, proveEvent } from "../../src/audit/prove.ts";
import { formatVerifier } from "../../src/audit/signed-note.ts";
import { checkProof, type Proof } from "../../src/studio/audit/check-proof.ts";
import { drawing, makeEvent, sealAll, testSigner } from "../audit/made-log.ts";

const size = 13;
const events = sealAll(Array.from({ length: size }, (_, i) => makeEvent(i, drawing(i))));

/** The proof of an event, parsed from the JSON that a server sends. */
async function proofOf(position: number): Promise<Proof> {
  const end = new ChainEnd();
  for (const event of events) end.append(event);
  const note = signCheckpoint({ origin: testSigner.name, size, root: end.root() }, testSigner);
  const rows = { hashedRows: async (at: readonly number[]) => new Map(at.map((one) => [one, events[one]!])) };
  const proof = await proveEvent(rows, events[position]!, { note, size });
  expect(faultOfProof(proof, testSigner)).toBeUndefined();
  return JSON.parse(JSON.stringify(proof));
}

const check = (proof: Proof, id = proof.event.id) => checkProof(id, proof, formatVerifier(testSigner));
const told = events.findIndex(({ details }) => details !== null);

describe("a proof that the browser follows", () => {
  it("holds for every event of a log, and says where details were left out", async () => {
    for (const { position, salt } of events)
      expect(await check(await proofOf(position))).toBe(salt === "" ? "holds without details" : "holds");
    const { event, ...proof } = await proofOf(told);
    expect(await check({ ...proof, event: { ...event, details: null, salt: "" } })).toBe("holds without details");
  });

  it("holds whatever order the details' keys come in", async () => {
    const { event, ...proof } = await proofOf(told);
    const details = Object.fromEntries(Object.entries(event.details as object).reverse());
    expect(await check({ ...proof, event: { ...event, details } })).toBe("holds");
  });

  it("is broken by details, or a salt, that were not digested", async () => {
    const { event, ...proof } = await proofOf(told);
    const details = { ...(event.details as object), note: "another" };
    for (const changed of [{ details }, { details: null }, { salt: "" }, { salt: "00" }, { details, salt: "" }])
      expect(await check({ ...proof, event: { ...event, ...changed } }), JSON.stringify(changed)).toBe("broken");
  });

  it("is broken by any other change of the event, its place and its way", async () => {
    const proof = await proofOf(told);
    const { event } = proof;
    for (const name of ["at", "actor", "kind", "subjectKind", "subjectId", "accountId", "category"] as const)
      expect(await check({ ...proof, event: { ...event, [name]: "another" } }), name).toBe("broken");
    for (const position of [told - 1, told + 1, told + 16, -1])
      expect(await check({ ...proof, position }), `${position}`).toBe("broken");
    expect(await check({ ...proof, hashes: proof.hashes.slice(1) })).toBe("broken");
    expect(await check({ ...proof, checkpoint: proof.checkpoint.replace(`\n${size}\n`, `\n${size + 1}\n`) })).toBe(
      "broken",
    );
  });

  it("proves nothing of an event that it is not of", async () => {
    expect(await check(await proofOf(told), events[told + 1]!.id)).toBe("broken");
  });
});
