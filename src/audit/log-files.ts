/** What every log of this program is called in its checkpoints; logs are told apart by their keys. */
export const logName = "pentimento/audit";

/** Where they lie in the server's data. */
export const logFolder = "audit";
/** Files in the log's folder, outside the database. */
export const logFiles = {
  /** Signed checkpoints, to be kept where nobody who can write to the database can write. */
  checkpoints: "checkpoints.txt",
  /** The key that they are checked with. */
  publicKey: "key.pub",
} as const;
