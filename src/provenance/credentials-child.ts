import { constants, createPrivateKey, sign } from "node:crypto";
import { Builder, CallbackSigner, type DestinationBufferAsset, Reader } from "@contentauth/c2pa-node";
import type { Manifest } from "@contentauth/c2pa-types";
import { assert } from "../core/errors.ts";
import type { ClaimSource, ImageMimeType } from "./claim.ts";
import { historyLengthOf } from "./history-length.ts";
import type { SigningAlgorithm, SigningIdentity } from "./signing-identity.ts";

/**
 * The process that holds the native C2PA library, started by `credentials-process.ts` alone: the library reads files of
 * anybody, would stop the event loop for the length of a picture, and may end a process that stops a call of it half-way.
 */
export interface ChildSettings {
  /** Certificates in PEM that vouch for signers. */
  readonly anchors: string;
  readonly identity?: SigningIdentity;
  readonly timestampUrl?: string;
}

/** What the process can be asked, and what it answers. */
export interface Calls {
  /** The file, signed. */
  sign: { body: SignBody; result: Uint8Array };
  read: {
    body: FileBody;
    result:
      | { readonly kind: "found"; readonly found: unknown }
      | { readonly kind: "absent"; readonly remoteUrl?: string }
      | { readonly kind: "unreadable"; readonly reason: string };
  };
  /** The file's credentials, and how they stood the check against the file, as an archive; null when there are none. */
  capture: { body: FileBody; result: Uint8Array | null };
}

export interface FileBody {
  readonly bytes: Uint8Array;
  readonly mimeType: ImageMimeType;
}

export interface SignBody extends FileBody {
  /** Whether the authority is asked, where there is one. */
  readonly timestamp: boolean;
  readonly definition: Readonly<Record<string, unknown>>;
  readonly resources: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  readonly sources: readonly (ClaimSource & { readonly label: string; readonly relationship: string })[];
}

const archiveType = "application/c2pa";

/** The library reads snake_case and ignores everything else. Fetching is off: files would choose the address. */
function librarySettings(anchors: string) {
  return {
    trust: { ...(anchors !== "" && { trust_anchors: anchors }), verify_trust_list: true },
    verify: {
      verify_after_reading: true,
      // `Credentials.check` reads the result, which finds the same and more.
      verify_after_sign: false,
      verify_trust: true,
      verify_timestamp_trust: false,
      remote_manifest_fetch: false,
      ocsp_fetch: false,
    },
    builder: { thumbnail: { enabled: false } },
  };
}

/** Bytes kept for signature and headers beside the certificates, and for a timestamp with its own certificates. */
const signatureBytesMax = 1024;
const timestampBytesMax = 10_240;

function makeSigner(
  { algorithm, chain, privateKey }: SigningIdentity,
  timestampUrl: string | undefined,
): CallbackSigner {
  const key = createPrivateKey(privateKey);
  const reserveSize = chain.length + signatureBytesMax + (timestampUrl === undefined ? 0 : timestampBytesMax);
  return CallbackSigner.newSigner(
    {
      alg: algorithm,
      certs: [Buffer.from(chain)],
      reserveSize,
      directCoseHandling: false,
      ...(timestampUrl !== undefined && { tsaUrl: timestampUrl }),
    },
    async (data) => sign(digestOf[algorithm], data, { key, ...signOptions[algorithm] }),
  );
}

const digestOf = { es256: "sha256", es384: "sha384", es512: "sha512", ps256: "sha256", ed25519: null } as const;
const ieee = { dsaEncoding: "ieee-p1363" } as const;
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } as const;
const signOptions: Readonly<Record<SigningAlgorithm, object>> = {
  es256: ieee,
  es384: ieee,
  es512: ieee,
  ps256: pss,
  ed25519: {},
};

type Handlers = { readonly [Name in keyof Calls]: (body: Calls[Name]["body"]) => Promise<Calls[Name]["result"]> };

function makeHandlers({ anchors, identity, timestampUrl }: ChildSettings): Handlers {
  const settings = librarySettings(anchors);
  const plainSigner = identity && makeSigner(identity, undefined);
  const timestampSigner = identity && makeSigner(identity, timestampUrl);
  return {
    sign: (body) => signFile(body, settings, body.timestamp ? timestampSigner : plainSigner),
    read: (body) => readFile(body, settings),
    capture: (body) => captureFile(body, settings),
  };
}

type Settings = ReturnType<typeof librarySettings>;

async function signFile(
  { bytes, mimeType, definition, resources, sources: named }: SignBody,
  settings: Settings,
  signer: CallbackSigner | undefined,
): Promise<Calls["sign"]["result"]> {
  assert(signer !== undefined, "a process without identity is not asked to sign");
  const sources = await withCarriedHistories(named, settings);
  const archived = await Promise.all(sources.map((source) => readArchived(source, settings)));
  const ingredients = archived.flatMap(({ json }) => json ?? []);
  const builder = Builder.withJson({ ...definition, ingredients } as Manifest, settings);
  for (const { name, bytes: content } of [...resources, ...archived.flatMap((source) => source.resources)]) {
    await builder.addResource(name, { buffer: Buffer.from(content), mimeType: "application/octet-stream" });
  }
  for (const { credentials, label, title, mimeType: format, relationship } of sources) {
    if (credentials !== undefined && "captured" in credentials) continue;
    const json = JSON.stringify({ title, format, relationship, label });
    if (credentials === undefined) await builder.addIngredient(json);
    else await builder.addIngredient(json, { buffer: Buffer.from(credentials.file), mimeType: format });
  }
  const output: DestinationBufferAsset = { buffer: null };
  await builder.signAsync(signer, { buffer: Buffer.from(bytes), mimeType }, output);
  return new Uint8Array(output.buffer!);
}

/** The sources, those without their history with whose history all would be too long. */
async function withCarriedHistories(sources: SignBody["sources"], settings: Settings): Promise<SignBody["sources"]> {
  const carried: SignBody["sources"][number][] = [];
  let left = historyLengthMax;
  for (const source of sources) {
    const { credentials, ...alone } = source;
    const length = credentials === undefined ? 0 : await historyLength(...historyFile(credentials, source), settings);
    carried.push(length > left ? alone : source);
    if (length <= left) left -= length;
  }
  return carried;
}

/** The file that holds a source's history, and its type. */
function historyFile(
  credentials: NonNullable<ClaimSource["credentials"]>,
  { mimeType }: Pick<ClaimSource, "mimeType">,
): [bytes: Uint8Array, mimeType: string] {
  return "file" in credentials ? [credentials.file, mimeType] : [credentials.captured, archiveType];
}

/** See `historyLengthOf`; 0 where nothing can be read. */
async function historyLength(bytes: Uint8Array, mimeType: string, settings: Settings): Promise<number> {
  const reader = await Reader.fromAsset({ buffer: Buffer.from(bytes), mimeType }, unchecked(settings)).catch(
    () => null,
  );
  return reader === null ? 0 : historyLengthOf(reader.json(), historyLengthMax);
}

/** Reading only: that takes each manifest once, however often it is named. */
function unchecked(settings: Settings): Settings {
  return { ...settings, verify: { ...settings.verify, verify_after_reading: false } };
}

/** The ingredient that `captureFile` made, under the label by which the actions name it. */
async function readArchived(
  { credentials, label, title, relationship }: SignBody["sources"][number],
  settings: Settings,
) {
  if (credentials === undefined || "file" in credentials) return { resources: [] };
  const archive = { buffer: Buffer.from(credentials.captured), mimeType: archiveType };
  // An archive is no picture: there is nothing to check it against.
  const reader = await Reader.fromAsset(archive, unchecked(settings));
  const ingredient = reader?.getActive()?.ingredients?.[0];
  assert(reader && ingredient, "what was captured holds one ingredient");
  const name = ingredient.manifest_data?.identifier;
  const resources = name === undefined ? [] : [{ name, bytes: await resource(reader, name) }];
  return { json: { ...ingredient, label, title, relationship }, resources };
}

async function resource(reader: Reader, name: string): Promise<Uint8Array> {
  return (await reader.resourceToAsset(name, { buffer: null })).buffer;
}

async function readFile({ bytes, mimeType }: FileBody, settings: Settings): Promise<Calls["read"]["result"]> {
  try {
    const reader = await Reader.fromAsset({ buffer: Buffer.from(bytes), mimeType }, settings);
    return reader === null ? { kind: "absent" } : { kind: "found", found: reader.json() };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : { name: "", message: String(error) };
    const [, remoteUrl] = /^C2pa\(RemoteManifestUrl\("(.*)"\)\)$/.exec(name) ?? [];
    return remoteUrl === undefined ? { kind: "unreadable", reason: message } : { kind: "absent", remoteUrl };
  }
}

async function captureFile({ bytes, mimeType }: FileBody, settings: Settings): Promise<Calls["capture"]["result"]> {
  if ((await historyLength(bytes, mimeType, settings)) > historyLengthMax) return null;
  const builder = Builder.new(settings);
  const json = JSON.stringify({ title: "source", format: mimeType, relationship: "parentOf" });
  try {
    await builder.addIngredient(json, { buffer: Buffer.from(bytes), mimeType });
  } catch {
    // What nobody can read, or lies elsewhere, cannot be carried on.
    return null;
  }
  if (builder.getManifestDefinition().ingredients?.[0]?.active_manifest === undefined) return null;
  const archive: DestinationBufferAsset = { buffer: null };
  await builder.toArchive(archive);
  return archive.buffer!.length > capturedBytesMax ? null : new Uint8Array(archive.buffer!);
}

/** Every picture made from an upload carries this; histories with thumbnails of many edits take about 1 MB. */
const capturedBytesMax = 4 * 2 ** 20;

/**
 * The library checks a manifest as often as a history names it, in some 5 ms: pictures that are made of several and lead to
 * several again would double it with every edit.
 */
const historyLengthMax = 100;

/** The first message says who signs and who is trusted; each later one is a call, sent once the one before is answered. */
export type Message =
  | { readonly settings: ChildSettings }
  | { readonly name: keyof Calls; readonly body: Calls[keyof Calls]["body"] };
/** To the one call under way. `error` is for the log, not for callers. */
export type Reply = { readonly result: unknown } | { readonly error: string };

let handlers: Handlers | undefined;

function obey(message: Message): void {
  if ("settings" in message) {
    handlers = makeHandlers(message.settings);
    return;
  }
  assert(handlers !== undefined, "the settings come first");
  const { name, body } = message;
  (handlers[name] as (body: unknown) => Promise<unknown>)(body)
    .then((result) => process.send!({ result } satisfies Reply))
    .catch((error) => process.send!({ error: String(error?.message ?? error) } satisfies Reply));
}

process.on("message", obey);
// A signer would keep the process alive for ever.
process.on("disconnect", () => process.exit());
// They reach the whole process group or service; what they mean is the parent's business.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {});
