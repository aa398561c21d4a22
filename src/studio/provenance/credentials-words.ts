import type { CredentialsPartsFragment } from "../../../schema/generated/graphql.ts";

/** Credentials in a sentence. */
export function credentialsWords({ state, own, faults, manifest }: CredentialsPartsFragment): string {
  const who = manifest?.signer ?? manifest?.organization ?? "somebody unnamed";
  switch (state) {
    case "TRUSTED":
      return own ? "signed by this server, untouched" : `signed by ${who}, trusted here, untouched`;
    case "VALID":
      return `signed by ${who}, for whom nobody vouches here; untouched`;
    case "BROKEN":
      return `broken${faults.length > 0 ? `: ${faults[0]}` : ""}`;
    case "ABSENT":
      return "none";
  }
}
