import { describe, expect, it } from "vitest";
import { categoryOf, checkReading, logOddsOf } from "../../../src/moderation/prompt/reading.ts";

describe("what a reader says of a prompt", () => {
  it("is nothing for a prompt that it cannot read", () => {
    expect(() => checkReading({})).not.toThrow();
    expect(logOddsOf({})).toBe(0);
    expect(categoryOf({})).toBe("OTHER");
  });

  it("names the likeliest category, if it is likelier than not", () => {
    expect(categoryOf({ VIOLATION: 5, GORE: 1, HATE: 3 })).toBe("HATE");
    expect(categoryOf({ VIOLATION: 5, GORE: -1, HATE: -3 })).toBe("OTHER");
  });

  it.each([[{ VIOLATION: Number.NaN }], [{ VIOLATION: -3, NCII: Number.POSITIVE_INFINITY }], [{ NCII: 3 }]])(
    "is not trusted when it is no answer: %j",
    (reading) => {
      expect(() => checkReading(reading)).toThrow("the prompt reader gave no numbers");
    },
  );
});
