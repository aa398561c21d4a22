import type { CredentialsReport } from "../provenance/credentials-report.ts";
import type { Verification } from "./verifier.ts";

/** What was found, in one sentence; the strongest evidence first. */
export function summaryOf(found: Omit<Verification, "summary">, readable: boolean): string {
  const { credentials, watermark, nearest } = found;
  const [near] = nearest;
  const history = credentials === undefined ? "Its credentials were not looked at" : historyOf(credentials);
  const pixels = [
    watermark &&
      (watermark.images.length > 0 ? "its watermark leads to your picture" : "its watermark is this server's"),
    near && `it looks like a picture of yours (${near.distance} of 256 bits differ)`,
  ].filter((clause) => clause !== undefined);
  if (!readable) return `${history}, and its pixels cannot be read.`;
  if (pixels.length === 0) return `${history}, and nothing in its pixels points here.`;
  const joint = credentials?.state === "absent" || credentials?.state === "broken" ? "but" : "and";
  return `${history}, ${joint} ${pixels.join(", and ")}.`;
}

function historyOf({ state, own, manifest }: CredentialsReport): string {
  const { name, organization } = manifest?.signer ?? {};
  const who = name ?? organization ?? "an unnamed signer";
  switch (state) {
    case "trusted":
      return own
        ? "It was signed by this server and is untouched since"
        : `It was signed by ${who}, who is trusted here, and is untouched since`;
    case "valid":
      return `It is untouched since ${who} signed it, for whom nobody vouches here`;
    case "broken":
      return "Its credentials are broken: it was changed after it was signed, or they were";
    case "absent":
      return "It carries no credentials, from which nothing follows";
  }
}
