import { describe, expect, it } from "vitest";
import { codeMinutes } from "../../src/core/account.ts";
import { SignInCodes } from "../../src/graphql/account/sign-in.ts";
import { SetClock } from "../support/set-clock.ts";

describe("SignInCodes", () => {
  it("sign in the account that they were made for, once", () => {
    const codes = new SignInCodes(new SetClock());
    const [anna, berta] = [codes.issue("anna"), codes.issue("berta")];
    expect([codes.redeem(berta), codes.redeem(anna)]).toEqual(["berta", "anna"]);
    expect([codes.redeem(anna), codes.redeem("never made")]).toEqual([undefined, undefined]);
  });

  it("open for some minutes and not longer", () => {
    const clock = new SetClock();
    const codes = new SignInCodes(clock);
    const [soon, late] = [codes.issue("anna"), codes.issue("anna")];
    clock.advance(codeMinutes * 60_000 - 1);
    expect(codes.redeem(soon)).toBe("anna");
    clock.advance(1);
    expect(codes.redeem(late)).toBeUndefined();
  });
});
