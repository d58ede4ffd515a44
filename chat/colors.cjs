// Cards in the chat window in the colours that Teams has today (colors.json): readable ones, 4.5 to 1 and more.
//
// Microsoft 365 Agents Playground draws cards with the older colours of Teams, which are too pale on white, and has no
// option for them. Its page is served as it is, save for these colours. Each is as long as what it replaces, so that
// the length that was announced holds. Loaded with `node --require`.
"use strict";

const fs = require("fs");
const { PassThrough } = require("stream");

const PAGE = /[\\/]static[\\/]js[\\/]main\.[0-9a-f]+\.js$/;
const { light } = require("./colors.json");
const createReadStream = fs.createReadStream;

function colored(script) {
  let made = script;
  for (const [name, color] of Object.entries(light)) {
    const told = new RegExp(`"${name}":\\{"default":"#[0-9a-f]{6}","subtle":"#[0-9a-f]{8}"\\}`, "g");
    made = made.replace(told, `"${name}":{"default":"${color}","subtle":"#ff${color.slice(1)}"}`);
  }
  return made;
}

fs.createReadStream = function createColoredReadStream(path, options) {
  if (!PAGE.test(String(path))) {
    return createReadStream.call(this, path, options);
  }
  const out = new PassThrough();
  const { start = 0, end = Infinity } = options ?? {};
  fs.readFile(path, (fault, read) => {
    if (fault) {
      out.destroy(fault);
    } else {
      out.end(Buffer.from(colored(read.toString("latin1")), "latin1").subarray(start, end + 1));
    }
  });
  return out;
};
