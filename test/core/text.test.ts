import { expect, it } from "vitest";
import { checkText } from "../../src/core/text.ts";

it.each([
  ["", "reason is blank: 1 to 5 characters are expected"],
  [" \n", "reason is blank: 1 to 5 characters are expected"],
  ["longer", "reason has 6 characters: 1 to 5 are expected"],
])("checkText refuses %j", (text, message) => {
  expect(() => checkText("reason", text, 5)).toThrow(expect.objectContaining({ code: "BAD_INPUT", message }));
});

it("checkText takes what is between", () => {
  expect(() => checkText("reason", "a", 5)).not.toThrow();
  expect(() => checkText("reason", " five", 5)).not.toThrow();
});
