import { useEffect, useState } from "react";
import { EditDocument } from "../../../schema/generated/graphql.ts";
import { ApiError } from "../api.ts";
import { Fault } from "../fault.tsx";
import { useSession } from "../session.ts";
import type { Draft } from "./draft.ts";
import { OptionsPanel } from "./options-panel.tsx";
import { PromptField } from "./prompt-field.tsx";
import { pictureIn, type Source } from "./source.ts";
import { SourcePicker } from "./source-picker.tsx";

interface ComposeProps {
  readonly draft: Draft;
  readonly onSent: (editId: string) => void;
}

/** A photo, a sentence, and what else may be said. */
export function ComposeView({ draft, onSent }: ComposeProps) {
  const { api, viewer, refresh } = useSession();
  const { source, setSource, prompt } = draft;
  const [error, setError] = useState<ApiError>();
  const [sending, setSending] = useState(false);

  const choose = (file: Blob) => {
    const url = URL.createObjectURL(file);
    setSource({ state: "uploading", url });
    // Meanwhile another picture may have been chosen, or none.
    const settle = (settled: Source) =>
      setSource((now) => (now?.state === "uploading" && now.url === url ? settled : now));
    api.upload(file).then(
      (uploaded) => settle({ state: "ready", url, ...uploaded }),
      (why: ApiError) => settle({ state: "failed", error: why }),
    );
  };
  usePaste(choose);

  const ready = source?.state === "ready" && prompt.trim() !== "" && viewer.policy.accepted && !sending;
  const send = async () => {
    if (source?.state !== "ready" || !ready) return;
    setSending(true);
    setError(undefined);
    try {
      const { edit } = await api.ask(EditDocument, { input: draft.send(source.imageId) });
      draft.taken();
      onSent(edit.id);
      if (viewer.account.editsPerDayMax != null) refresh();
    } catch (why) {
      setError(why instanceof ApiError ? why : new ApiError("INTERNAL", String(why)));
      setSending(false);
    }
  };

  return (
    <form
      className="bench"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <SourcePicker source={source} onChoose={choose} onClear={() => setSource(undefined)} />
      <div className="sheet">
        <PromptField prompt={prompt} onPrompt={draft.setPrompt} onSend={() => void send()} />
        <OptionsPanel options={draft.options} onOptions={draft.setOptions} />
        {error && <Fault error={error} />}
        <button type="submit" className="main" disabled={!ready}>
          {sending ? "Sending …" : "Edit"}
        </button>
        {viewer.account.editsPerDayMax != null && (
          <p className="hint">
            {Math.max(0, viewer.account.editsPerDayMax - viewer.editsToday)} of {viewer.account.editsPerDayMax} edits
            left today (UTC).
          </p>
        )}
        <p className="hint">
          {source === undefined ? "A photo first, then a sentence." : "Ctrl + Enter sends it too."}
        </p>
      </div>
    </form>
  );
}

/** A picture from the clipboard, wherever on the page it is pasted. */
function usePaste(choose: (file: Blob) => void): void {
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const file = pictureIn(event.clipboardData);
      if (file !== undefined) choose(file);
    };
    addEventListener("paste", paste);
    return () => removeEventListener("paste", paste);
  });
}
