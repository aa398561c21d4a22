import { join, resolve } from "node:path";
import { z } from "zod";
import { Refused } from "../core/errors.ts";
import { fileUrl } from "../core/file-url.ts";
import { present } from "../core/present.ts";
import { projectFolder } from "../core/program.ts";
import { type ProviderName, providerNames } from "../model/provider.ts";

/** What every command needs. */
export interface Config {
  /** Folder that holds a folder per model. */
  readonly modelsFolder: string;
  /** Execution providers in order of preference. */
  readonly providers: readonly ProviderName[];
  /** Which GPU; 0 is the first. */
  readonly deviceId: number;
  /** CPU threads of one run; 0 is one per core. */
  readonly threads: number;
}

/** What the server needs besides. */
export interface ServerConfig extends Config {
  /** Holds the database, the pictures, and what the first start makes; made when missing. */
  readonly dataFolder: string;
  /** The model to serve; Pentimento's own, or the only one, when left out. */
  readonly model?: string;
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** How the outside reaches the server, without a slash at the end; from host and port when left out. */
  readonly publicUrl?: string;
  readonly databaseUrl: string;
  /** Origins of web pages that may ask, beside that of the address a request came to; with that of `publicUrl`. */
  readonly origins: readonly string[];
  readonly queueSeconds: number;
  /** Idle seconds of the engine that may be spent on measuring what steps cost. */
  readonly measureSeconds: number;
  readonly policiesFile?: string;
  readonly filtersFile?: string;
  readonly auditSink?: string;
  readonly certificateFile?: string;
  readonly certificateKeyFile?: string;
  readonly timestampUrl?: string;
  /** Certificates that vouch for the credentials of others' pictures. */
  readonly trustAnchorsFile?: string;
  /** Whether results carry signed credentials. */
  readonly credentials: boolean;
  readonly logLevel: (typeof logLevels)[number];
  readonly secrets: GivenSecrets;
}

/** Never logged, never in an error. What is not given here the first start makes, on loopback alone. */
export interface GivenSecrets {
  /** `id:secret`, the signing one first, the one before it second. */
  readonly urlKeys?: string;
  readonly auditKey?: string;
  readonly watermarkKey?: string;
  readonly metricsToken?: string;
  /** Public, X25519: what incidents are sealed to. */
  readonly incidentKey?: string;
}

const logLevels = ["silent", "error", "warn", "info", "debug"] as const;

const areUnlike = (texts: readonly unknown[]) => new Set(texts).size === texts.length;
const wholeNumber = (min: number, max: number) =>
  z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(min).max(max));
const text = z.string().min(1);
/** Settings are written to the audit log for good, and a public address into every link. */
const webAddress = z.url({ protocol: /^https?$/ }).refine((url) => !hasUser(url));
const optional = { unset: undefined };
const key = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const keyExpected = "32 random bytes in base64url (43 characters)";

/** How a variable is read, what it is when unset, and what a fault message says it should be. */
interface Variable {
  readonly schema: z.ZodType<unknown, string>;
  readonly unset: string | undefined;
  readonly expected: string;
  /** Its value never stands in a message. */
  readonly secret?: true;
}

/** What the variables of a table are read as. */
type Values<Table extends Record<string, Variable>> = {
  readonly [Name in keyof Table]:
    | z.infer<Table[Name]["schema"]>
    | (Table[Name]["unset"] extends string ? never : undefined);
};

const variables = {
  PENTIMENTO_MODELS: { schema: text, unset: join(projectFolder, "models"), expected: "a folder" },
  PENTIMENTO_PROVIDERS: {
    schema: z
      .string()
      .transform((list) => list.split(",").map((name) => name.trim().toLowerCase()))
      .pipe(z.array(z.enum(providerNames)).min(1)),
    unset: "cpu",
    expected: `a comma-separated list of ${providerNames.join(", ")}`,
  },
  PENTIMENTO_DEVICE: { schema: wholeNumber(0, 63), unset: "0", expected: "a GPU's number, 0 to 63" },
  PENTIMENTO_THREADS: {
    schema: wholeNumber(0, 512),
    unset: "0",
    expected: "a number of threads, 0 (one per core) to 512",
  },
} as const;

const serverVariables = {
  PENTIMENTO_DATA: { schema: text, unset: join(projectFolder, "data"), expected: "a folder" },
  PENTIMENTO_MODEL: { schema: text, ...optional, expected: "a model's name" },
  PENTIMENTO_HOST: { schema: text, unset: "127.0.0.1", expected: "an address to listen on" },
  PENTIMENTO_PORT: { schema: wholeNumber(0, 65_535), unset: "4000", expected: "a port, 0 (any free one) to 65535" },
  PENTIMENTO_PUBLIC_URL: {
    schema: webAddress.refine(hasNoPath).transform((url) => url.replace(/\/+$/, "")),
    ...optional,
    expected: "an http or https address without user, path and query, such as https://edit.example.org",
  },
  DATABASE_URL: {
    schema: z.string().regex(/^(file:|postgres(ql)?:\/\/)/),
    ...optional,
    expected: "file:<path> for SQLite or postgresql://… for PostgreSQL",
    secret: true,
  },
  PENTIMENTO_ORIGINS: {
    schema: z
      .string()
      .transform((list) => list.split(",").map((origin) => origin.trim()))
      .pipe(z.array(z.string().refine(isOrigin))),
    ...optional,
    expected: "a comma-separated list of origins as browsers send them, such as https://app.example.org",
  },
  PENTIMENTO_QUEUE_SECONDS: {
    schema: wholeNumber(1, 86_400),
    unset: "600",
    expected: "seconds of work that may wait, 1 to 86400",
  },
  PENTIMENTO_MEASURE_SECONDS: {
    schema: wholeNumber(0, 3600),
    unset: "30",
    expected: "seconds of the engine's idle time for measuring what steps cost, 0 (never) to 3600",
  },
  PENTIMENTO_POLICIES: { schema: text, ...optional, expected: "a policy file" },
  PENTIMENTO_FILTERS: { schema: text, ...optional, expected: "a file that lists filters" },
  PENTIMENTO_AUDIT_SINK: { schema: text, ...optional, expected: "a file that checkpoints are also written to" },
  PENTIMENTO_CERTIFICATE: { schema: text, ...optional, expected: "a PEM file with the certificate chain" },
  PENTIMENTO_CERTIFICATE_KEY: { schema: text, ...optional, expected: "a PEM file with the private key" },
  PENTIMENTO_TIMESTAMP_URL: {
    schema: webAddress,
    ...optional,
    expected: "the http or https address of a timestamp authority, without user and password",
    secret: true,
  },
  PENTIMENTO_TRUST_ANCHORS: { schema: text, ...optional, expected: "a PEM file with certificates" },
  PENTIMENTO_CREDENTIALS: { schema: z.enum(["on", "off"]), unset: "on", expected: "on or off" },
  PENTIMENTO_LOG: { schema: z.enum(logLevels), unset: "info", expected: logLevels.join(", ") },
  PENTIMENTO_URL_KEYS: {
    schema: z
      .string()
      .regex(/^[a-z0-9]{1,16}:[A-Za-z0-9_-]{43}(,[a-z0-9]{1,16}:[A-Za-z0-9_-]{43})?$/)
      .refine((list) => areUnlike(list.split(",").map((entry) => entry.split(":")[0]))),
    ...optional,
    expected: `id:key or id:key,id:key, two ids being unlike, an id being up to 16 of a-z and 0-9, a key ${keyExpected}`,
    secret: true,
  },
  PENTIMENTO_AUDIT_KEY: { schema: key, ...optional, expected: keyExpected, secret: true },
  PENTIMENTO_WATERMARK_KEY: { schema: key, ...optional, expected: keyExpected, secret: true },
  PENTIMENTO_METRICS_TOKEN: {
    schema: z.string().min(16),
    ...optional,
    expected: "16 characters or more",
    secret: true,
  },
  PENTIMENTO_INCIDENT_KEY: { schema: key, ...optional, expected: "an X25519 public key in base64url (43 characters)" },
} as const;

/** Reads what every command needs; throws one `Refused` BAD_INPUT that lists every fault: variable, expected, received. */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Config {
  const faults: string[] = [];
  const values = readAll(env, variables, faults);
  refuse(faults);
  return commonOf(values);
}

/** Reads everything the server needs, all faults together; `unset` stands in for variables that are not set. */
export function readServerEnvironment(
  env: NodeJS.ProcessEnv = process.env,
  unset: NodeJS.ProcessEnv = {},
): ServerConfig {
  const faults: string[] = [];
  const given = { ...unset, ...env };
  const common = readAll(given, variables, faults);
  const own = readAll(given, serverVariables, faults);
  if ((own.PENTIMENTO_CERTIFICATE === undefined) !== (own.PENTIMENTO_CERTIFICATE_KEY === undefined))
    faults.push("PENTIMENTO_CERTIFICATE and PENTIMENTO_CERTIFICATE_KEY: expected both or neither, received one");
  if (own.PENTIMENTO_PUBLIC_URL === undefined && isAnyAddress(own.PENTIMENTO_HOST))
    faults.push(
      `PENTIMENTO_PUBLIC_URL: expected the address that others reach the server at, such as https://edit.example.org, ` +
        `for no link can name ${own.PENTIMENTO_HOST}; received nothing`,
    );
  refuse(faults);
  const dataFolder = resolve(own.PENTIMENTO_DATA);
  return {
    ...commonOf(common),
    dataFolder,
    host: own.PENTIMENTO_HOST,
    port: own.PENTIMENTO_PORT,
    databaseUrl: own.DATABASE_URL ?? fileUrl(join(dataFolder, "pentimento.db")),
    origins: [
      ...(own.PENTIMENTO_ORIGINS ?? []),
      ...(own.PENTIMENTO_PUBLIC_URL === undefined ? [] : [new URL(own.PENTIMENTO_PUBLIC_URL).origin]),
    ],
    queueSeconds: own.PENTIMENTO_QUEUE_SECONDS,
    measureSeconds: own.PENTIMENTO_MEASURE_SECONDS,
    credentials: own.PENTIMENTO_CREDENTIALS !== "off",
    logLevel: own.PENTIMENTO_LOG,
    ...present({
      model: own.PENTIMENTO_MODEL,
      publicUrl: own.PENTIMENTO_PUBLIC_URL,
      policiesFile: own.PENTIMENTO_POLICIES,
      filtersFile: own.PENTIMENTO_FILTERS,
      auditSink: own.PENTIMENTO_AUDIT_SINK,
      certificateFile: own.PENTIMENTO_CERTIFICATE,
      certificateKeyFile: own.PENTIMENTO_CERTIFICATE_KEY,
      timestampUrl: own.PENTIMENTO_TIMESTAMP_URL,
      trustAnchorsFile: own.PENTIMENTO_TRUST_ANCHORS,
    }),
    secrets: present({
      urlKeys: own.PENTIMENTO_URL_KEYS,
      auditKey: own.PENTIMENTO_AUDIT_KEY,
      watermarkKey: own.PENTIMENTO_WATERMARK_KEY,
      metricsToken: own.PENTIMENTO_METRICS_TOKEN,
      incidentKey: own.PENTIMENTO_INCIDENT_KEY,
    }),
  };
}

/** How the command line reaches a server. */
export interface ClientConfig {
  readonly serverUrl: string;
  readonly key?: string;
}

const clientVariables = {
  PENTIMENTO_SERVER: {
    schema: z.url({ protocol: /^https?$/ }),
    unset: "http://127.0.0.1:4000",
    expected: "the address of a server, such as http://127.0.0.1:4000",
  },
  PENTIMENTO_KEY: {
    schema: z.string().regex(/^[!-~]+$/),
    ...optional,
    expected: "a key of the server's alone, without blanks and further lines",
    secret: true,
  },
} as const;

/** What commands that speak to a server need. */
export function readClientEnvironment(env: NodeJS.ProcessEnv = process.env): ClientConfig {
  const faults: string[] = [];
  const { PENTIMENTO_SERVER: serverUrl, PENTIMENTO_KEY: key } = readAll(env, clientVariables, faults);
  refuse(faults);
  return { serverUrl, ...present({ key }) };
}

/** Whether an address can be reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Whether it stands for all addresses of this machine: 0.0.0.0, :: and other ways to write them. */
function isAnyAddress(host: string): boolean {
  return /^[0.:]+$/.test(host);
}

/** Whether an address names a user, and perhaps a password. */
function hasUser(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return Boolean(url?.username || url?.password);
}

/** Whether nothing follows the host: the studio, the API and all links have their places at the root of a site. */
function hasNoPath(text: string): boolean {
  return /^https?:\/\/[^/\\?#]+\/*$/i.test(text);
}

/** Whether a browser sends just this as an origin: small letters, no usual port, nothing after it. */
function isOrigin(text: string): boolean {
  return /^https?:[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

/**
 * Whether others can reach a server: it listens beyond loopback, or has a public address, which a proxy in front of it hands
 * on. What it prints may then be kept in a log, and its secrets have to be chosen.
 */
export function isReachedByOthers({ host, publicUrl }: Pick<ServerConfig, "host" | "publicUrl">): boolean {
  return !isLoopback(host) || publicUrl !== undefined;
}

function commonOf(values: Values<typeof variables>): Config {
  return {
    modelsFolder: resolve(values.PENTIMENTO_MODELS),
    providers: values.PENTIMENTO_PROVIDERS,
    deviceId: values.PENTIMENTO_DEVICE,
    threads: values.PENTIMENTO_THREADS,
  };
}

/** Where there are faults, the values are not to be used. */
function readAll<Table extends Record<string, Variable>>(
  env: NodeJS.ProcessEnv,
  table: Table,
  faults: string[],
): Values<Table> {
  const read = ([name, { schema, unset, expected, secret }]: [string, Variable]) => {
    const given = env[name] || unset;
    if (given === undefined) return [name, undefined];
    const parsed = schema.safeParse(given);
    if (!parsed.success)
      faults.push(`${name}: expected ${expected}, received ${secret ? "something else" : `"${env[name]}"`}`);
    return [name, parsed.data];
  };
  return Object.fromEntries(Object.entries(table).map(read)) as Values<Table>;
}

function refuse(faults: readonly string[]): void {
  if (faults.length > 0) throw new Refused("BAD_INPUT", faults.join("\n"), faults);
}
