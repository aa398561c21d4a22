import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ServerConfig } from "../config/environment.ts";
import type { Clock } from "../core/clock.ts";
import type { Closers } from "../core/closers.ts";
import { Failed } from "../core/errors.ts";
import { projectFolder } from "../core/program.ts";
import { readPackage } from "../journey/runtime.ts";
import { Credentials } from "../provenance/credentials.ts";
import { developmentFolder, openDevelopmentIdentity, readIdentity } from "../provenance/signing-identity.ts";
import type { Loaded } from "./base.ts";

/** A process that signs results, where they are signed. */
export async function openSigning(
  { config, clock }: { config: ServerConfig; clock: Clock },
  closers: Closers,
): Promise<Pick<Loaded, "credentials">> {
  const credentials = config.credentials ? closingLate(closers, openCredentials(config, clock)) : undefined;
  return { credentials: await credentials };
}

/**
 * Signs with the configured certificate, or else with one for development, made at the first start.
 *
 * @throws Failed when nothing can be signed; Refused BAD_INPUT for a certificate that validators would refuse
 */
export async function openCredentials(config: ServerConfig, clock: Clock): Promise<Credentials> {
  const { certificateFile, certificateKeyFile, timestampUrl, trustAnchorsFile, dataFolder } = config;
  const now = clock.date();
  const [identity, anchors, { version }] = await Promise.all([
    certificateFile === undefined || certificateKeyFile === undefined
      ? openDevelopmentIdentity(join(dataFolder, developmentFolder), now)
      : readIdentity(certificateFile, certificateKeyFile, now),
    trustAnchorsFile === undefined ? undefined : readAnchors(trustAnchorsFile),
    readPackage(projectFolder),
  ]);
  return Credentials.open({
    identity,
    version,
    clock,
    ...(anchors !== undefined && { anchors }),
    ...(timestampUrl !== undefined && { timestampUrl }),
  });
}

export async function readAnchors(file: string): Promise<string> {
  return readFile(file, "utf8").catch((cause) => {
    throw new Failed("INTERNAL", `${file} cannot be read`, { retryable: false, cause });
  });
}

/** Closes also what is still opening when something else fails; whoever waits for it gets its error. */
function closingLate<Resource extends AsyncDisposable>(
  closers: Closers,
  opening: Promise<Resource>,
): Promise<Resource> {
  closers.add(() =>
    opening.then(
      (opened) => opened[Symbol.asyncDispose](),
      () => {},
    ),
  );
  return opening;
}
