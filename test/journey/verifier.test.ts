import { expect, it } from "vitest";
import { nextTurn } from "../../src/core/clock.ts";
import { Verifier, type VerifierOptions } from "../../src/journey/verifier.ts";

const digest = "0".repeat(64);

const verifierOf = (options: Pick<VerifierOptions, "storage" | "credentials">) =>
  new Verifier(options as VerifierOptions);

/** A storage where nothing is, that counts who reads at once. */
function counting() {
  const under = { now: 0, most: 0 };
  const read = async () => {
    under.now += 1;
    under.most = Math.max(under.most, under.now);
    await nextTurn();
    under.now -= 1;
    return undefined;
  };
  return { under, storage: { read } as unknown as VerifierOptions["storage"] };
}

it("reads the credentials of stored pictures one of an account after the other, and two at once", async () => {
  const { under, storage } = counting();
  const verifier = verifierOf({ storage, credentials: {} as VerifierOptions["credentials"] });
  const ask = (accountId: string) => verifier.credentialsOf({ accountId, role: "USER" }, digest, "image/png");
  await Promise.all(Array.from({ length: 20 }, () => ask("one")));
  expect(under).toEqual({ now: 0, most: 1 });
  await Promise.all(Array.from({ length: 12 }, (_, i) => ask(["one", "two", "three"][i % 3]!)));
  expect(under).toEqual({ now: 0, most: 2 });
  const many = await Promise.allSettled(Array.from({ length: 1_002 }, () => ask("one")));
  const refused = many.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  expect(refused).toEqual([expect.objectContaining({ code: "RATE_LIMITED", retryAfterMs: 1000 })]);
});

it("reads nothing where the server runs without credentials", async () => {
  const { under, storage } = counting();
  const verifier = verifierOf({ storage, credentials: undefined });
  expect(await verifier.credentialsOf({ accountId: "one", role: "USER" }, digest, "image/png")).toBeUndefined();
  expect(under.most).toBe(0);
});
