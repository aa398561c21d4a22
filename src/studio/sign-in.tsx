import { useState } from "react";
import type { ApiError } from "./api.ts";
import { Fault } from "./fault.tsx";
import { Wordmark } from "./wordmark.tsx";

/** For whoever comes without the link that the server printed. */
export function SignIn({
  fault,
  onKey,
}: {
  readonly fault: ApiError | undefined;
  readonly onKey: (key: string) => void;
}) {
  const [key, setKey] = useState("");
  return (
    <main className="alone">
      <form
        className="sheet sign-in"
        onSubmit={(event) => {
          event.preventDefault();
          if (key.trim() !== "") onKey(key.trim());
        }}
      >
        <h1>
          <Wordmark />
        </h1>
        <p className="lead">Change a photograph with a sentence. It never leaves this server.</p>
        {fault && <Fault error={fault} />}
        <label htmlFor="key">Key</label>
        <input
          id="key"
          type="password"
          autoComplete="current-password"
          spellCheck={false}
          required
          value={key}
          onChange={(event) => setKey(event.target.value)}
        />
        <button type="submit" className="main">
          Sign in
        </button>
        <p className="hint">
          On the server's own machine, open the link that it printed when it started; it opens once, within 15 minutes.
          Otherwise ask for a key: <code>npx pentimento key create</code> makes one there.
        </p>
      </form>
    </main>
  );
}
