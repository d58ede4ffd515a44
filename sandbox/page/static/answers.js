// Waits for what a room says to a request that was sent from this page, and tells it: a refusal leaves nothing to see
// in the room's own calendar.

import { get, Refused } from "./api.js";
import { subjectOf } from "./block.js";

const WORDS = { accepted: "has accepted", declined: "has declined" };
const PATIENCE = 240; // looks

export class Answers {
  // `tell(text)` shows it to the person.
  constructor(tell) {
    this.tell = tell;
    this.awaited = new Map();
  }

  // `meeting` as the tenant answered, `room` {address, name}.
  expect(meeting, room) {
    this.awaited.set(meeting.iCalUId, { meeting, room, looks: 0 });
  }

  async look() {
    for (const [key, one] of this.awaited) {
      one.looks += 1;
      const answer = await answerOf(one);
      if (WORDS[answer]) this.tell(`${one.room.name} ${WORDS[answer]} “${subjectOf(one.meeting)}”.`);
      if (WORDS[answer] || answer === "gone" || one.looks > PATIENCE) this.awaited.delete(key);
    }
  }
}

async function answerOf({ meeting, room }) {
  try {
    const { attendees } = await get("/sandbox/meeting", { id: meeting.iCalUId, mailbox: meeting.mailbox, start: meeting.start });
    return attendees.find((one) => one.address === room.address)?.answer ?? "gone";
  } catch (problem) {
    return problem instanceof Refused ? "gone" : "unknown";
  }
}
