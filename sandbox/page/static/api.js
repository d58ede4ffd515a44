// Asks the sandbox tenant, and says in plain words why something did not work.

const PLAIN = {
  ErrorItemNotFound: "This meeting is not there any more.",
  ErrorCalendarIsCancelledForAccept: "This meeting was cancelled.",
};

export class Refused extends Error {}

export async function get(path, query = {}, { signal } = {}) {
  return ask(`${path}?${new URLSearchParams(query)}`, { signal });
}

export async function post(path, body) {
  return ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

// The body of the answer; null where it has none.
async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
    throw new Error("The sandbox tenant does not answer. Is it still running?");
  }
  if (response.status === 204) return null;
  if (!response.ok) throw new Refused(await reason(response));
  return response.json();
}

async function reason(response) {
  try {
    const { code, message } = (await response.json()).error;
    return PLAIN[code] ?? message;
  } catch {
    return `The sandbox tenant refused this (${response.status}).`;
  }
}
