import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cyberTiplineDraft, type Incident, incidentJson, preservedUntil } from "../../src/moderation/incident.ts";
import { seal, unseal } from "../../src/moderation/seal.ts";

function keyPair() {
  const pair = generateKeyPairSync("x25519");
  return {
    publicKey: pair.publicKey.export({ format: "der", type: "spki" }).subarray(-32),
    privateKey: pair.privateKey.export({ format: "der", type: "pkcs8" }).subarray(-32),
  };
}

const { publicKey, privateKey } = keyPair();

describe("sealed bytes", () => {
  it("are opened by the private key alone, and are never the same twice", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), async (bytes) => {
        const sealed = await seal(bytes, publicKey);
        expect([...unseal(sealed, privateKey)]).toEqual([...bytes]);
        expect(() => unseal(sealed, keyPair().privateKey)).toThrow("another key");
        expect(Buffer.compare(Buffer.from(await seal(bytes, publicKey)), Buffer.from(sealed))).not.toBe(0);
      }),
      { numRuns: 20 },
    );
    const large = new Uint8Array(2_500_000).map((_, i) => i * 7);
    expect(Buffer.compare(Buffer.from(unseal(await seal(large, publicKey), privateKey)), Buffer.from(large))).toBe(0);
  });

  it("show any change of a bit", async () => {
    const sealed = await seal(new TextEncoder().encode("evidence"), publicKey);
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Uint8Array.from(sealed);
      changed[at]! ^= 4;
      expect(() => unseal(changed, privateKey)).toThrow();
    }
    expect(() => unseal(sealed.subarray(0, 40), privateKey)).toThrow("no sealed incident");
  });

  it("are not sealed to what is no key", async () => {
    await expect(seal(new Uint8Array(1), new Uint8Array(31))).rejects.toThrow("32 bytes");
    // A point of small order: everybody would know the secret.
    await expect(seal(new Uint8Array(1), new Uint8Array(32))).rejects.toThrow("no usable");
  });
});

const incident: Incident = {
  id: "01incident",
  at: new Date("2024-02-29T10:00:00Z"),
  preservedUntil: preservedUntil(new Date("2024-02-29T10:00:00Z")),
  stage: "OUTPUT",
  category: "CSAM",
  filter: "hash-lists",
  account: { id: "acc-1", name: 'A <b> & "c"', email: "a@example.org" },
  editId: "edit-1",
  imageId: "image-1",
  prompt: "line one\nline <two>\u0001\ud800",
  sha256: "ab".repeat(32),
  pdq: "cd".repeat(32),
  sealed: true,
  viewed: false,
};
const reporter = { lastName: "Smith", email: "abuse@example.org", service: "Pentimento", url: "https://example.org" };

describe("an incident", () => {
  it("is preserved for a year", () => {
    expect(incident.preservedUntil.toISOString()).toBe("2025-03-01T10:00:00.000Z");
    expect(preservedUntil(new Date("2026-11-20T00:00:00Z")).toISOString()).toBe("2027-11-20T00:00:00.000Z");
  });

  it("is exported as JSON with everything that is known", () => {
    const { incident: read } = JSON.parse(incidentJson(incident, reporter)) as { incident: Record<string, unknown> };
    expect(read).toMatchObject({ id: "01incident", at: "2024-02-29T10:00:00.000Z", pdq: "cd".repeat(32) });
  });

  it("is drafted for the CyberTipline, in the order of its schema and with nothing unescaped", () => {
    const { report, fileDetails } = cyberTiplineDraft(incident, reporter);
    const tags = [...report.matchAll(/<(\w+)/g)].map(([, tag]) => tag);
    expect(tags).toEqual([
      ...["report", "incidentSummary", "incidentType", "reportAnnotations", "generativeAi", "incidentDateTime"],
      ...["incidentDateTimeDescription", "internetDetails", "webPageIncident", "url", "additionalInfo", "reporter"],
      ...["reportingPerson", "lastName", "email", "personOrUserReported", "personOrUserReportedPerson", "email"],
      ...["espIdentifier", "espService", "screenName", "additionalInfo"],
    ]);
    expect(report).toContain("<screenName>A &#60;b&#62; &#38; &#34;c&#34;</screenName>");
    expect(report).toContain("Prompt: line one\nline &#60;two&#62;\ufffd\ufffd");
    expect(fileDetails).toContain(`<originalFileHash hashType="SHA256">${"ab".repeat(32)}</originalFileHash>`);
    expect(fileDetails).toContain("<generativeAi/>");
    expect(fileDetails).not.toContain('hashType="MD5"');
    expect(fileDetails).toContain("Preserved, encrypted, until 2025-03-01");
    const unsealed = cyberTiplineDraft({ ...incident, sealed: false }, reporter).fileDetails;
    expect(unsealed).not.toContain("Preserved, encrypted");
    expect(unsealed).toContain("record is preserved until 2025-03-01");
  });

  it("of a prompt has no file, and of an upload no mark of a generated one", () => {
    expect(cyberTiplineDraft({ ...incident, stage: "PROMPT" }, reporter)).not.toHaveProperty("fileDetails");
    const { report, fileDetails } = cyberTiplineDraft({ ...incident, stage: "SOURCE" }, reporter);
    expect(report + fileDetails).not.toContain("generativeAi");
  });

  it("makes XML that stays well formed whatever the account is called", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), (name, prompt) => {
        const { report } = cyberTiplineDraft({ ...incident, account: { id: "1", name }, prompt }, reporter);
        const open = [...report.matchAll(/<(\/?)([a-zA-Z]+)[^>]*?(\/?)>/g)].filter(
          ([, , , selfClosed]) => selfClosed === "",
        );
        const depth: string[] = [];
        for (const [, closing, tag] of open) {
          if (closing === "") depth.push(tag!);
          else expect(depth.pop()).toBe(tag);
        }
        expect(depth).toEqual([]);
      }),
    );
  });
});
