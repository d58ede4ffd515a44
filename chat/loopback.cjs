// Keeps the chat window to this machine: every server that the process opens listens on 127.0.0.1 only.
//
// Microsoft 365 Agents Playground has no option for the address and would listen on all interfaces, without any
// sign-in. Loaded with `node --require`.
"use strict";

const net = require("net");

const LOOPBACK = "127.0.0.1";
const listen = net.Server.prototype.listen;

net.Server.prototype.listen = function listenOnLoopback(...args) {
  const [first] = args;
  if (first === undefined || first === null || typeof first === "function") {
    args = [0, LOOPBACK, ...args.filter((arg) => typeof arg === "function")];
  } else if (typeof first === "object") {
    // A path or a handle is not a network address: left as it is.
    args[0] = first.port === undefined ? first : { ...first, host: LOOPBACK };
  } else if (/^\d+$/.test(first)) {
    args = [first, LOOPBACK, ...args.slice(1).filter((arg) => typeof arg !== "string" && arg !== undefined)];
  }
  return listen.apply(this, args);
};
