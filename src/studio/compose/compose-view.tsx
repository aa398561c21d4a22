import { useEffect } from "react";
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
  const { source, setSource, prompt, sending, error } = draft;
  const { photo, coming } = source;

  const choose = (file: Blob) => {
    setSource(({ photo: before }) => ({ photo: before, coming: file }));
    // Meanwhile another picture may have been chosen, or none.
    const settle = (settled: Source) =>
      setSource((now) => (now.coming === file ? { photo: now.photo, ...settled } : now));
    api.upload(file).then(
      ({ imageId, width, height }) => settle({ photo: { imageId, width, height, picture: file } }),
      (why: ApiError) => settle({ error: why }),
    );
  };
  usePaste(choose);

  const ready = photo && !coming && prompt.trim() !== "" && viewer.policy.accepted && !sending;
  const send = async () => {
    if (!ready) return;
    try {
      const { edit } = await api.ask(EditDocument, { input: draft.send(photo.imageId) });
      draft.taken();
      onSent(edit.id);
      if (viewer.account.editsPerDayMax != null) refresh();
    } catch (why) {
      draft.failed(why instanceof ApiError ? why : new ApiError("INTERNAL", String(why)));
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
      <SourcePicker source={source} onChoose={choose} onClear={() => setSource({})} />
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
          {photo === undefined && coming === undefined
            ? "A photo first, then a sentence."
            : "Ctrl + Enter sends it too."}
        </p>
      </div>
    </form>
  );
}

/**
 * A picture from the clipboard, wherever on the page it is pasted. What office programs copy is text and a picture of it: in
 * a field it is the text.
 */
function usePaste(choose: (file: Blob) => void): void {
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const { target, clipboardData } = event;
      const inField = target instanceof Element && target.matches("input, textarea");
      const isText = inField && clipboardData?.types.includes("text/plain");
      const file = isText ? undefined : pictureIn(clipboardData);
      if (file !== undefined) choose(file);
    };
    addEventListener("paste", paste);
    return () => removeEventListener("paste", paste);
  });
}
