import { expect, it } from "vitest";
import { rethrow } from "../../src/store/faults.ts";

/** As the adapter throws it for a statement of ours, and as the client wraps it. */
const ofServer = (originalCode: string) => [
  Object.assign(new Error("of the server"), { cause: { kind: "postgres", originalCode } }),
  Object.assign(new Error("raw"), { code: "P2010", meta: { driverAdapterError: { cause: { originalCode } } } }),
];

it.each([
  ...ofServer("57P01"),
  ...ofServer("57P03"),
  new Error("Connection terminated unexpectedly"),
  new Error("Client has encountered a connection error and is not queryable"),
  new Error("timeout exceeded when trying to connect"),
  Object.assign(new Error("write EPIPE"), { code: "EPIPE" }),
  Object.assign(new Error("a turn that did not come"), { code: "P2028" }),
])("a fault that passes can be tried again: %s", (cause) => {
  let thrown: unknown;
  try {
    rethrow(cause);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ name: "Failed", code: "INTERNAL", retryable: true, cause });
});

it.each([
  ...ofServer("42601"),
  new Error("a bug"),
  Object.assign(new Error("a conflict"), { code: "P2002" }),
  undefined,
])("any other is told as it is: %s", (error) => {
  let thrown: unknown = "nothing";
  try {
    rethrow(error);
  } catch (other) {
    thrown = other;
  }
  expect(thrown).toBe(error);
});
