// The address of a made-up case and of what was changed in it. Data that somebody brought never comes here.

/** The fragment of a case. `changes` come from `changesOf`. */
export function fragmentOf({ story, call, hook, changes }) {
  const parts = new URLSearchParams({ case: `${story}/${call}`, hook });
  if (changes.length) parts.set("changes", JSON.stringify(changes));
  return `#${parts}`;
}

/** What a fragment says, or null when it is not one of ours. */
export function readFragment(text) {
  const parts = new URLSearchParams(text.replace(/^#/, ""));
  const [story, call] = (parts.get("case") ?? "").split("/");
  if (!story || !call) return null;
  return { story, call, hook: parts.get("hook"), changes: readChanges(parts.get("changes")) };
}

/** Null when the changes cannot be read: a case without them would be another one. */
function readChanges(text) {
  if (text === null) return [];
  try {
    const changes = JSON.parse(text);
    return Array.isArray(changes) ? changes : null;
  } catch {
    return null;
  }
}
